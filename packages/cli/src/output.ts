/** Where `psp` writes: results to standard output, everything said on the way to standard error. Nothing else writes to either. */
import { styleText } from 'node:util';
import { LOSS_ADVICE, type Loss, type LossCode } from '@psp/protocol';
import { plainJson, plainText, withoutQueries } from './plain-text.js';
import { tableLines, type Column } from './table.js';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

export class Output {
  #progressShown = false;
  #status = '';

  constructor(
    readonly json: boolean,
    readonly stdout: NodeJS.WriteStream = process.stdout,
    readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {}

  /** The result: one JSON document with --json, else what `human` prints. */
  result(value: unknown, human: () => void): void {
    this.endProgress();
    if (this.json) this.stdout.write(`${plainJson(JSON.stringify(value, undefined, 2))}\n`);
    else human();
  }

  /** A line of a result for people. */
  line(text = ''): void {
    this.stdout.write(`${plainText(text)}\n`);
  }

  /** A line that begins with a coloured mark. */
  marked(style: Style, mark: string, text: string): void {
    this.stdout.write(`${this.style(style, mark)}  ${plainText(text)}\n`);
  }

  /** A heading, set off by a blank line. */
  heading(text: string): void {
    this.stdout.write(`\n${this.style('bold', plainText(text))}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const [title = '', ...lines] = tableLines(columns, rows, this.stdout.columns ?? 80);
    this.stdout.write([this.style('bold', title), ...lines, ''].join('\n'));
  }

  /** Bytes or text as they are: an export that was asked for on standard output. */
  raw(text: string): void {
    this.stdout.write(text);
  }

  /** Something that a person should know and a program need not. */
  note(text: string): void {
    this.endProgress();
    if (!this.json) this.stderr.write(`${plainText(text)}\n`);
  }

  /** Shown with --json too: what a person must do. */
  tell(text: string): void {
    this.endProgress();
    this.stderr.write(`${plainText(text)}\n`);
  }

  /** Shown with --json too: what a person must know. */
  warn(text: string): void {
    this.tell(`warning: ${text}`);
  }

  /**
   * What was lost, and then what the browser cannot tell whether it was, the same reason said once, with what to do. On standard
   * error; with --json the result holds it.
   */
  losses(losses: readonly Loss[]): void {
    if (this.json) return;
    const isGuess = ({ code }: Loss): boolean => code.endsWith('-may-be-missing');
    this.#listed(
      'could not be kept:',
      losses.filter((loss) => !isGuess(loss)),
    );
    this.#listed('may be missing:', losses.filter(isGuess));
  }

  #listed(title: string, losses: readonly Loss[]): void {
    if (losses.length === 0) return;
    this.note(title);
    for (const [reason, group] of groupsOf(losses)) {
      const names = group.map(placeOf).filter((name) => name !== '');
      const shown = names.length > 6 ? [...names.slice(0, 5), `and ${names.length - 5} more`] : names;
      this.note(`  - ${reason}${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`);
    }
    for (const advice of new Set(losses.map(adviceOf))) if (advice !== undefined) this.note(`    ${advice}`);
  }

  /** How things stand, said again only when it changed. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    if (this.stderr.isTTY === true && !this.json) this.progress(text);
    else this.tell(text);
  }

  /** Replaced by the next progress, gone at the next line. Only for a person at a terminal. */
  progress(text: string): void {
    if (this.json || this.stderr.isTTY !== true) return;
    this.stderr.write(`\r\u001b[K${plainText(text)}`);
    this.#progressShown = true;
  }

  endProgress(): void {
    if (this.#progressShown) this.stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }

  style(style: Style, text: string): string {
    return hasColour(this.stdout) ? styleText(style, text) : text;
  }
}

/** https://no-color.org: any value that is not empty. */
function hasColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

function groupsOf(losses: readonly Loss[]): Map<string, Loss[]> {
  const groups = new Map<string, Loss[]>();
  for (const loss of losses) groups.set(reasonOf(loss), [...(groups.get(reasonOf(loss)) ?? []), loss]);
  return groups;
}

function reasonOf({ code, detail }: Loss): string {
  return withoutQueries(detail ?? code);
}

function placeOf({ origin, item }: Loss): string {
  return withoutQueries([item, origin].filter((part) => part !== undefined).join(' of '));
}

/** The advice is written for programs: here the same things have names on the command line. */
function adviceOf({ code, advice }: Loss): string | undefined {
  const text = advice ?? (LOSS_ADVICE[code as LossCode] as string | undefined);
  return text?.replace(/\bin `origins`/, 'with --origin').replace(/\btimeoutMs\b/, '--timeout');
}
