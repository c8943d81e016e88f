/** Rules of a choice as users write them: checked, with a short form. Knows nothing of what they match. */
import { PspError } from './errors.js';
import { originOf } from './origin.js';
import { typeName } from './place.js';
import type { Choice, Rule } from './schema/choice.js';
import type { StateKind } from './schema/loss.js';
import { siteOf } from './site.js';

declare const URL: { canParse(text: string): boolean; new (text: string): { readonly hostname: string } };

/**
 * A rule, or its short form: an origin (`https://a.example`), a site (`a.example`), a kind with or without a pattern for the name
 * (`tab`, `cookie:session*`), or a place and a kind with a space between them (`a.example cookie:session*`).
 */
export type RuleInput = string | Omit<Rule, 'place'>;

/** What to take and what to leave. Without `include` everything is taken that `exclude` does not name. */
export interface ChoiceInput {
  readonly include?: readonly RuleInput[] | undefined;
  readonly exclude?: readonly RuleInput[] | undefined;
}

/** The kinds that a rule can name: `origin` is a kind of loss only. */
export const CHOSEN_KINDS = [
  'cookie',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'cache',
  'file',
  'serviceWorker',
  'tab',
  'environment',
  'webauthn',
] as const satisfies readonly StateKind[];

const SHORT = new RegExp(`^(?:(\\S+)\\s+)?(${CHOSEN_KINDS.join('|')})(?::(.+))?$`, 's');
const MEMBERS = ['origin', 'site', 'kind', 'name'] as const;

/** Undefined where nothing is chosen. Throws INVALID_INPUT naming the rule: `exclude[1]: site: ...`. */
export function parseChoice({ include, exclude }: ChoiceInput): Choice | undefined {
  const included = include === undefined ? undefined : rulesOf(include, 'include');
  const excluded = exclude === undefined ? [] : rulesOf(exclude, 'exclude');
  if (included?.length === 0)
    throw invalid('include', 'expected at least one rule, found none. Leave it out to include everything');
  if (included === undefined && excluded.length === 0) return undefined;
  return {
    ...(included === undefined ? {} : { include: included }),
    ...(excluded.length === 0 ? {} : { exclude: excluded }),
  };
}

function rulesOf(rules: readonly RuleInput[], list: string): Rule[] {
  if (!Array.isArray(rules)) throw invalid(list, `expected a list of rules, found ${typeName(rules)}`);
  return rules.map((rule: RuleInput, index) => {
    const where = `${list}[${index}]`;
    const parsed =
      typeof rule === 'string' ? shortRule(rule.trim(), `${where} ("${rule.slice(0, 60)}")`) : wholeRule(rule, where);
    if (parsed.kind !== 'file' || parsed.name === undefined) return parsed;
    throw invalid(
      where,
      'the private files of an origin are taken or left as a whole: expected no name beside the kind file',
    );
  });
}

function shortRule(text: string, where: string): Rule {
  const [, place, kind, name] = SHORT.exec(text) ?? [undefined, text];
  const rule = kind === undefined ? {} : { kind: kind as StateKind, ...(name === undefined ? {} : { name }) };
  return place === undefined ? rule : { ...placeRule(place, where), ...rule };
}

function placeRule(text: string, where: string): Rule {
  return text.includes('://') ? { origin: checkedOrigin(text, where) } : { site: checkedSite(text, where) };
}

function wholeRule(rule: Rule, where: string): Rule {
  if (typeof rule !== 'object' || rule === null) throw invalid(where, `expected a rule, found ${typeName(rule)}`);
  const members = Object.entries(rule).filter(([, value]) => value !== undefined);
  for (const [member, value] of members) {
    if (!MEMBERS.some((known) => known === member))
      throw invalid(where, `expected ${MEMBERS.join(', ')}, found "${member.slice(0, 40)}"`);
    if (typeof value !== 'string' || value === '')
      throw invalid(where, `${member}: expected a text, found ${value === '' ? 'an empty one' : typeName(value)}`);
  }
  if (members.length === 0) throw invalid(where, `expected one of ${MEMBERS.join(', ')}, found none`);
  const { origin, site, kind, name } = rule;
  if (kind !== undefined && !CHOSEN_KINDS.some((known) => known === kind))
    throw invalid(where, `kind: ${expectedKind(kind)}`);
  return {
    ...(origin === undefined ? {} : { origin: checkedOrigin(origin, where) }),
    ...(site === undefined ? {} : { site: checkedSite(site, where) }),
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name }),
  };
}

function checkedOrigin(text: string, where: string): string {
  const origin = originOf(text);
  if (origin !== undefined && /^[^:]+:\/\/[^/?#]+\/?$/.test(text)) return origin;
  throw invalid(where, `expected an origin such as https://app.example, found "${text.slice(0, 60)}"`);
}

function checkedSite(text: string, where: string): string {
  const found = `found "${text.slice(0, 60)}"`;
  const [kind, name] = text.split(':');
  if (name !== undefined && /^[a-z]+$/i.test(kind ?? ''))
    throw invalid(where, `${expectedKind(kind ?? '')}. An origin begins with http:// or https://`);
  const url = `https://${text}`;
  if (!/^[^/?#@\s]+$/.test(text) || !URL.canParse(url) || /:\d*$/.test(text))
    throw invalid(where, `expected a site such as example.com, ${found}`);
  const { hostname } = new URL(url);
  const site = siteOf(hostname);
  if (site === hostname) return site;
  throw invalid(
    where,
    `expected a registrable domain, ${found}, whose site is ${site}. Write https://${hostname} for that origin alone`,
  );
}

function expectedKind(found: string): string {
  return `expected one of ${CHOSEN_KINDS.join(', ')}, found "${found.slice(0, 40)}"`;
}

function invalid(where: string, why: string): PspError {
  return new PspError('INVALID_INPUT', `${where}: ${why}.`);
}
