/** Tables for a terminal: columns that fit its width, the widest cut with an ellipsis. */
import { plainText } from './plain-text.js';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Never cut: what a person copies from it must work. */
  readonly whole?: boolean;
}

const GAP = '  ';
const NARROWEST = 6;

/** Lines of a table, title first. Cells are made safe to print. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const cells = rows.map((row) => row.map(plainText));
  const widths = fit(columns, cells, width);
  const lineOf = (row: readonly string[]): string => {
    const parts = columns.map((column, at) =>
      pad(cut(row[at] ?? '', widths[at] ?? 0), widths[at] ?? 0, column.right === true),
    );
    return parts.join(GAP).trimEnd();
  };
  return [lineOf(columns.map(({ title }) => title)), ...cells.map(lineOf)];
}

/** Each column as wide as its content; while they do not fit, the widest that may be cut loses one. */
function fit(columns: readonly Column[], cells: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map(({ title }, at) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), widthOf(title)),
  );
  const room = width - GAP.length * (columns.length - 1);
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = widths.reduce(
      (best, candidate, at) => (columns[at]?.whole !== true && candidate > (widths[best] ?? 0) ? at : best),
      columns.findIndex(({ whole }) => whole !== true),
    );
    if (widest === -1 || (widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Cuts to a number of terminal cells. */
function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** East Asian wide characters (Unicode Standard Annex 11, the blocks in common use) and emoji take two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Terminal cells that a text takes. */
function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return sum(Array.from(graphemes.segment(text), ({ segment }) => graphemeWidth(segment)));
}

function graphemeWidth(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
