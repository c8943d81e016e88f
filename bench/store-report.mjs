/** The figures of the benchmark of stores, as lines for the terminal and as docs/performance-stores.md. */
import { cpus } from 'node:os';

const HEAD = ['', 'client saves', 'PSP saves', 'ratio', 'client loads', 'PSP loads', 'ratio'];

/** @param {readonly any[]} results */
export function storeTable(results) {
  const rows = [HEAD, ...results.flatMap(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column] + 2))).join(''),
  );
  return [...lines, ...results.flatMap(sentences), ''].join('\n');
}

/** @param {readonly any[]} results */
export function storeMarkdown(results) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return `# Performance of stores

Written by \`npm run bench -- stores\` on ${new Date().toISOString().slice(0, 10)}: Node.js ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}).

Medians in milliseconds. The back end's own client and PSP were measured in turn, in one run, so that the ratios hold where the times do
not. Both write the same records, durably. The client writes them as one value; PSP compresses and seals them, writes parts of them, a manifest
and a head, and checks their seals when it loads. Both load text: parsing it is no part of either. "no store" is what PSP does itself, with a
store that costs nothing: no back end can be faster than its client and that.

${row(HEAD)}
${row(['---', ...HEAD.slice(1).map(() => '---:')])}
${results.flatMap(cellsOf).map(row).join('\n')}

## Lists and memory

${results
  .flatMap(sentences)
  .map((line) => `- ${line}`)
  .join('\n')}
`;
}

function cellsOf({ name, sizes = [] }) {
  return sizes.map(({ size, rawSave, save, rawLoad, load }) => [
    `${name}, ${size}`,
    ms(rawSave),
    ms(save),
    times(save / rawSave),
    ms(rawLoad),
    ms(load),
    times(load / rawLoad),
  ]);
}

function sentences({ name, missing, memory, list }) {
  if (missing !== undefined) return [`${name} was left out: ${missing}`];
  const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  const share = (peak) => `${(peak / memory.bytes).toFixed(2)} times its size`;
  if (list === undefined) return [];
  return [
    `${name}: ${list.count.toLocaleString('en')} sessions are listed in ${ms(list.sessions)} ms, their keys alone in ${ms(list.keys)} ms`,
    `${name}: a session of ${mega(memory.bytes)} takes ${mega(memory.save)} of memory to save (${share(memory.save)}), ${mega(memory.load)} to load (${share(memory.load)})`,
  ];
}

const ms = (value) => (value === undefined ? '' : value < 10 ? value.toFixed(1) : value.toFixed(0));
const times = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} x` : '');
