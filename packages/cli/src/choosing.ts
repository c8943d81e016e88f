/** The options by which a command takes part of a session, and what it says of the rest. */
import { CHOSEN_KINDS, parseChoice, type ChoiceInput, type Skipped } from '@psp/protocol';
import type { OptionRow } from './command.js';
import type { Output } from './output.js';
import { withoutQueries } from './plain-text.js';
import { plural } from './units.js';

export interface ChoiceOptions {
  readonly include?: string[] | undefined;
  readonly exclude?: string[] | undefined;
  readonly strict?: boolean;
}

export const CHOICE_OPTIONS: readonly OptionRow[] = [
  { flags: '--include <rule>', description: 'take this only (again for several)', repeated: true },
  { flags: '--exclude <rule>', description: 'leave this out, included or not (again for several)', repeated: true },
];

/** For the descriptions of the commands that choose. */
export const CHOICE_HELP = `A RULE is an origin (https://app.example), a site (app.example), a kind of state with or without a pattern for its name (tab, "cookie:session*"), or a place and a kind ("app.example localStorage"). Kinds: ${CHOSEN_KINDS.join(', ')}.`;

/** Throws INVALID_INPUT naming the rule. */
export function choiceOf({ include, exclude }: ChoiceOptions): ChoiceInput {
  return parseChoice({ include, exclude }) ?? {};
}

/** What was left out by choice, one line a kind. On standard error; with --json the result holds it. */
export function tellSkipped(output: Output, skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  output.note('left out by choice:');
  for (const kind of new Set(skipped.map((one) => one.kind))) {
    const group = skipped.filter((one) => one.kind === kind);
    const shown = group.length > 6 ? [...group.slice(0, 5), undefined] : group;
    const names = shown.map((one) => (one === undefined ? `and ${group.length - 5} more` : placeOf(one)));
    output.note(`  - ${kind}: ${withoutQueries(names.join(', '))}`);
  }
}

function placeOf({ kind, origin, count }: Skipped): string {
  const place = origin === undefined ? '' : kind === 'origin' ? origin : ` of ${origin}`;
  if (kind === 'origin') return place;
  return count === undefined ? `not looked at${place}` : `${plural(count, 'item')}${place}`;
}

export const STRICT_OPTION: OptionRow = {
  flags: '--strict',
  description: 'all or nothing: fail, and write nothing where that can be known before, when anything would be lost',
};
