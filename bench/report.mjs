/** The figures of a run as lines for the terminal and as docs/performance.md. */
import { cpus } from 'node:os';

const HEAD = ['', 'Playwright', 'PSP', 'faster', 'floor', 'over the floor'];

/** @param {readonly object[]} results @param {{records: number, bytes: number, peaks: object[]}} memory */
export function table(results, memory) {
  const rows = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] + 2)))
      .join('')
      .trimEnd(),
  );
  return ['Medians in ms, in turn.', '', ...lines, '', ...memoryLines(memory)].join('\n');
}

/** @param {readonly object[]} results @param {object} memory @param {string} browser */
export function markdown(results, memory, browser) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return `# Performance

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: Chromium ${browser}, Node.js ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}).

Medians in milliseconds. Playwright's \`storageState({ indexedDB: true })\` and \`newContext({ storageState })\`, PSP, and the floor were
measured in turn, in one run and in changing order, so that the ratios hold where the times do not. PSP seals what it captures and
stores it durably; Playwright keeps it in memory. Each origin has 20 entries of localStorage and 100 records, unless the row says otherwise.

The floor is the browser's own part of the work: for origins, blank documents of one origin after another in a tab; for records, the
page's own \`getAll\` with \`JSON.stringify\`, and its own loop of \`put\`; for a first page, the same visit with nothing to restore and one
blank document more. Every restore begins with a new context and page, and so does its floor. "The least" is a script that opens hidden
tabs on the origins, reads or writes localStorage and records in one call for each, and takes their JSON text the cheapest way known: it
checks, seals, stores and reports nothing, and looks at no cookies, tabs or service workers. A tool that keeps within hidden tabs of the origins will hardly be faster.

${row(HEAD)}
${row(['---', ...HEAD.slice(1).map(() => '---:')])}
${results.map((result) => row(cells(result))).join('\n')}

Some goals were out of reach within hidden tabs on every machine measured so far, since the least did not get there either: 10,000 records
of an origin that is not open captured four times faster than Playwright or within twice the floor, and restored 1.5 times faster or
within 1.3 of it; and a first page within one blank document of a plain visit. A hidden tab begins with a process of its own, which the
floor does not have.

## Memory

${memoryLines(memory)
  .map((line) => line.trim())
  .join('\n')}
`;
}

function cells({ name, work, playwright, psp, faster, floor, over, growth }) {
  const what = growth === undefined ? `${name}: ${work}` : `${name}: ${work} (${times(growth)})`;
  return [what, ms(playwright), ms(psp), times(faster), ms(floor), times(over)];
}

function memoryLines({ records, bytes, peaks }) {
  const head = `Peak of Node's memory, ${records.toLocaleString('en')} records, ${mega(bytes)} of state:`;
  const lines = peaks.map(
    ({ work, above, whole }) =>
      `- ${work}: ${mega(above)} above the level before, ${(above / bytes).toFixed(2)} times the state; the whole process ${mega(whole)}`,
  );
  return [head, '', ...lines];
}

const ms = (value) => (value === undefined ? '' : value < 10 ? value.toFixed(1) : value.toFixed(0));
const times = (value) => (value === undefined ? '' : `${value.toFixed(2)} x`);
const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
