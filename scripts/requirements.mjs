/**
 * Lists the requirements of spec/psp-1.md: the id of each, its text, and the tests and vectors that name it. Exits 1 for a requirement
 * that none names, and for a name that is no requirement. `--missing` lists only those.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The id and the text, which goes on in indented lines. */
const DEFINITION = /^- \*\*\[(PSP-[A-Z]+-\d+)\]\*\* (.*(?:\n {2}.*)*)/gm;
const CITATION = /PSP-[A-Z]+-\d+\b/g;
/** The title of the test in whose line an id stands. */
const TITLE = /(['`"])((?:\[PSP-[A-Z]+-\d+\][;,]? ?)+)(.*?)\1/;

/** Files below a folder that a test run reads: tests, the suites that they run, and vectors. */
function filesBelow(folder, isWanted) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isWanted(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function* sources() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folders = readdirSync(join(root, 'packages', name));
    if (folders.includes('test')) yield* filesBelow(`packages/${name}/test`, (file) => file.endsWith('.ts'));
  }
  yield* filesBelow('packages/core/src/testing', (file) => file.endsWith('-suite.ts'));
  yield* filesBelow('spec/vectors', (file) => file.endsWith('.json'));
}

const spec = readFileSync(join(root, 'spec/psp-1.md'), 'utf8');
const texts = Array.from(
  spec.matchAll(DEFINITION),
  ([, id, text]) => /** @type {const} */ ([id, text.replaceAll(/\s+/g, ' ')]),
);
const defined = texts.map(([id]) => id);
const places = new Map(defined.map((id) => [id, []]));
const wrong = defined.filter((id, index) => defined.indexOf(id) !== index).map((id) => `${id} is defined twice`);
for (const file of [...sources()].sort()) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  lines.forEach((line, index) => {
    for (const id of new Set(line.match(CITATION))) {
      const place = `${file}:${index + 1}`;
      const title = TITLE.exec(line)?.[3];
      if (places.has(id)) places.get(id).push(title === undefined ? place : `${place}  ${title}`);
      else wrong.push(`${id} is named in ${place}, and is no requirement`);
    }
  });
}
for (const [id, found] of places) if (found.length === 0) wrong.push(`${id} has no test`);

if (!process.argv.includes('--missing')) {
  for (const [id, text] of texts) console.log([`${id}  ${text}`, ...places.get(id)].join('\n    '));
}
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
