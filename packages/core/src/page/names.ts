/** Which names a request may touch, where the user chose some of them only. */
import type { NameRules } from '@psp/protocol';

/** Whether a part that goes by these names may be touched. As the protocol's `namesTaken`, which pages cannot import. */
export function isTaken(rules: NameRules, names: readonly string[]): boolean {
  const fits = (pattern: string): boolean => names.some((name) => matches(pattern, name));
  return rules.every(({ include, exclude }) => (include === undefined || include.some(fits)) && !exclude.some(fits));
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(name);
}
