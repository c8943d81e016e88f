/** The table at the end of a run. */

/** @param {readonly { store: string, name: string, done: string, problems: string[], seconds: number }[]} rows */
export function printTable(rows) {
  const cells = rows.map(({ store, name, done, problems, seconds }) => [
    store,
    name,
    problems.length === 0 ? 'ok' : 'FAILED',
    `${seconds.toFixed(1)} s`,
    done,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column].length)));
  for (const line of cells) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
