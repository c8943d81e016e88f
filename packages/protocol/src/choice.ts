/** Whether a part of a session was chosen. Knows what rules match, and nothing of documents and browsers. */
import { domainMatches } from './cookie.js';
import type { Choice, Rule } from './schema/choice.js';
import type { StateKind } from './schema/loss.js';
import type { Cookie, PartitionKey, StorageBucket } from './schema/session.js';
import { siteOf } from './site.js';
import { showStoragePlace } from './storage-place.js';

declare const URL: { canParse(text: string): boolean; new (text: string): { readonly hostname: string } };

/** Where a part is kept. A part of no origin (the locale, say) is at no place, which only a rule without a place matches. */
export interface ChoicePlace {
  readonly origin?: string | undefined;
  readonly partition?: PartitionKey;
  readonly bucket?: StorageBucket;
}

/** Patterns for the names of one kind at one place: chosen is what every entry takes. Absent `include` takes all. */
export type NameRules = readonly { readonly include?: readonly string[]; readonly exclude: readonly string[] }[];

/** The kinds that an origin keeps for all its tabs. */
export const ORIGIN_KINDS = [
  'localStorage',
  'indexedDB',
  'cache',
  'file',
  'serviceWorker',
] as const satisfies readonly StateKind[];

/** Several choices together: what each of them takes. None takes everything. */
export class Chooser {
  constructor(readonly choices: readonly Choice[] = []) {}

  /** Whether everything is taken. */
  get takesAll(): boolean {
    return this.choices.length === 0;
  }

  /** The origins of which alone anything can be taken that an origin keeps. Undefined where rules name none, or sites. */
  get origins(): string[] | undefined {
    for (const { include } of this.choices) {
      const rules = include?.filter(({ kind }) => kind === undefined || ORIGIN_KINDS.some((one) => one === kind));
      const origins = rules?.map(({ origin }) => origin);
      if (origins?.every((origin) => origin !== undefined) === true)
        return [...new Set(origins)].filter((origin) => this.takesSomeOf({ origin }));
    }
    return undefined;
  }

  /** Whether anything of the kind can be taken at this place, before its name is known. */
  takesSome(kind: StateKind, place: ChoicePlace): boolean {
    return this.nameRules(kind, place) !== undefined;
  }

  /** Whether anything that the origin keeps for all its tabs can be taken. */
  takesSomeOf(place: ChoicePlace): boolean {
    return ORIGIN_KINDS.some((kind) => this.takesSome(kind, place));
  }

  /** Whether all of the kind at this place is taken, whatever its name. */
  takesWhole(kind: StateKind, place: ChoicePlace): boolean {
    return this.nameRules(kind, place)?.length === 0;
  }

  /** `names` are those that the part goes by: a store is known by its database's name and by `database/store`. */
  takes(kind: StateKind, place: ChoicePlace, names: readonly string[] = []): boolean {
    const rules = this.nameRules(kind, place);
    return rules !== undefined && namesTaken(rules, names);
  }

  takesCookie(cookie: Pick<Cookie, 'name' | 'domain' | 'hostOnly' | 'partitionKey'>): boolean {
    const rules = this.#rulesWhere('cookie', (rule) => ofCookie(rule, cookie), partitionOf(cookie.partitionKey));
    return rules !== undefined && namesTaken(rules, [cookie.name]);
  }

  /** A part that is known by a host, such as a relying party of WebAuthn. */
  takesHost(kind: StateKind, host: string): boolean {
    const place = { domain: host, hostOnly: false };
    return this.#rulesWhere(kind, (rule) => ofCookie(rule, place), undefined) !== undefined;
  }

  /** What the names of this kind must be like there; undefined when none is taken, empty when all are. */
  nameRules(kind: StateKind, place: ChoicePlace): NameRules | undefined {
    return this.#rulesWhere(kind, (rule) => isAt(rule, place), partitionOf(place.partition));
  }

  #rulesWhere(kind: StateKind, isThere: (rule: Rule) => boolean, below: string | undefined): NameRules | undefined {
    const rules: { include?: readonly string[]; exclude: readonly string[] }[] = [];
    for (const { include, exclude = [] } of this.choices) {
      const ofKind = (rule: Rule): boolean => rule.kind === undefined || rule.kind === kind;
      const included = include?.filter((rule) => ofKind(rule) && isThere(rule));
      const excluded = exclude.filter((rule) => ofKind(rule) && (isThere(rule) || isBelow(rule, below)));
      if (included?.length === 0 || excluded.some(isForAll)) return undefined;
      const names = included?.some(isForAll) === true ? undefined : included?.map(nameOf);
      if (names !== undefined || excluded.length > 0)
        rules.push({ ...(names === undefined ? {} : { include: names }), exclude: excluded.map(nameOf) });
    }
    return rules;
  }
}

/** Whether a part that goes by these names is taken. */
export function namesTaken(rules: NameRules, names: readonly string[]): boolean {
  const fits = (pattern: string): boolean => names.some((name) => globMatches(pattern, name));
  return rules.every(({ include, exclude }) => (include === undefined || include.some(fits)) && !exclude.some(fits));
}

/** `*` stands for any characters, none included; every other character for itself. */
export function globMatches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

const nameOf = ({ name }: Rule): string => name ?? '*';
const isForAll = (rule: Rule): boolean => /^\*+$/.test(nameOf(rule));

function isAt(rule: Rule, { origin, ...rest }: ChoicePlace): boolean {
  if (!ofOrigin(rule, origin)) return false;
  return rule.place === undefined || (origin !== undefined && rule.place === showStoragePlace({ origin, ...rest }));
}

function ofOrigin(rule: Rule, origin: string | undefined): boolean {
  if (rule.origin !== undefined && rule.origin !== origin) return false;
  return rule.site === undefined || (origin !== undefined && rule.site === siteOf(hostOf(origin)));
}

/** The cookies of an origin are those that its host is sent: they know neither scheme nor port. */
function ofCookie(rule: Rule, cookie: Pick<Cookie, 'domain' | 'hostOnly'>): boolean {
  if (rule.origin !== undefined && !domainMatches(hostOf(rule.origin), cookie)) return false;
  return rule.site === undefined || rule.site === siteOf(cookie.domain);
}

/** To exclude a site is to exclude what others keep below it: that exists for its visitors only. */
function isBelow({ origin, site }: Rule, below: string | undefined): boolean {
  return below !== undefined && site === below && origin === undefined;
}

function partitionOf(partition: PartitionKey | undefined): string | undefined {
  return partition === undefined ? undefined : siteOf(hostOf(partition.topLevelSite));
}

const hostOf = (origin: string): string => (URL.canParse(origin) ? new URL(origin).hostname : origin);
