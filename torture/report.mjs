/** The table at the end of a run. */

/** @typedef {{ store: string, name: string, done: string, problems: string[], seconds: number }} Row */

/** @param {readonly Row[]} rows */
export function printTable(rows) {
  const cells = rows.map(cellsOf);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column].length)));
  for (const line of cells) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

/** Of one row, while others are still to come. @param {Row} row */
export const lineOf = (row) => cellsOf(row).join('  ');

/** @param {Row} row */
function cellsOf({ store, name, done, problems, seconds }) {
  return [store, name, problems.length === 0 ? 'ok' : 'FAILED', `${seconds.toFixed(1)} s`, done];
}
