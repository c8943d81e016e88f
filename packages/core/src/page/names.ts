/** Which names a request may touch, where the user chose some of them only. */
import type { NameRules } from '@psp/protocol';

/** Whether a part that goes by these names may be touched. As the protocol's `namesTaken`, which pages cannot import. */
export function isTaken(rules: NameRules, names: readonly string[]): boolean {
  const fits = (pattern: string): boolean => names.some((name) => matches(pattern, name));
  return rules.every(({ include, exclude }) => (include === undefined || include.some(fits)) && !exclude.some(fits));
}

/** Whether a database may be touched with all of its stores, which go by `database/store`. */
export function isWholeTaken(rules: NameRules, database: string): boolean {
  const ofStore = (pattern: string): boolean =>
    pattern.includes('/') && matches(pattern.slice(0, pattern.lastIndexOf('/')), database);
  return isTaken(rules, [database]) && !rules.some(({ exclude }) => exclude.some(ofStore));
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(name);
}
