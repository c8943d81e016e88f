/** CONTRACT of a command: what the help says of it, and what it does. The program and the completion are made of this table. */
import type { Run } from './run.js';

export interface OptionRow {
  /** As commander reads it: `--tag <tag>`. */
  readonly flags: string;
  readonly description: string;
  readonly required?: boolean;
  /** May be given several times; the command gets a list. */
  readonly repeated?: boolean;
  readonly choices?: readonly string[];
  readonly fallback?: string;
}

export interface ArgumentRow {
  /** `<id>` when it must be there, `[id]` when not. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
}

export interface Command<O = Record<string, unknown>> {
  /** One word, or two of which the first is a row of GROUPS: `store check`. */
  readonly name: string;
  readonly summary: string;
  /** More than the summary, in whole sentences. */
  readonly description?: string;
  readonly arguments: readonly ArgumentRow[];
  readonly options: readonly OptionRow[];
  /** Command lines that work as they stand, but for the names. */
  readonly examples: readonly string[];
  /** Gives the exit code, 0 when nothing is returned. Failures are thrown. */
  run(run: Run, args: readonly string[], options: O): Promise<number | void>;
}

export const ID_ARGUMENT: ArgumentRow = {
  name: '<id>',
  description: 'the session: its id, its name, or the beginning of its id as psp list shows it',
};
