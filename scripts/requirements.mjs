/**
 * Lists the requirements of spec/psp-1.md with the tests and vectors that name them. Exits 1 for a requirement that none names,
 * and for a name that is no requirement. `--missing` lists only those.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const DEFINITION = /^- \*\*\[(PSP-[A-Z]+-\d+)\]\*\*/gm;
const CITATION = /PSP-[A-Z]+-\d+\b/g;

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
const defined = Array.from(spec.matchAll(DEFINITION), ([, id]) => id);
const places = new Map(defined.map((id) => [id, []]));
const wrong = defined.filter((id, index) => defined.indexOf(id) !== index).map((id) => `${id} is defined twice`);
for (const file of [...sources()].sort()) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  lines.forEach((line, index) => {
    for (const id of new Set(line.match(CITATION))) {
      const place = `${file}:${index + 1}`;
      if (places.has(id)) places.get(id).push(place);
      else wrong.push(`${id} is named in ${place}, and is no requirement`);
    }
  });
}
for (const [id, found] of places) if (found.length === 0) wrong.push(`${id} has no test`);

if (!process.argv.includes('--missing')) {
  for (const [id, found] of places) {
    const more = found.length > 4 ? ` and ${found.length - 4} more` : '';
    console.log(`${id.padEnd(13)} ${found.slice(0, 4).join(' ')}${more}`);
  }
}
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
