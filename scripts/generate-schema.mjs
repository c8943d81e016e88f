/**
 * Writes the JSON Schemas (2020-12) of the wire shapes into spec/schema, from the built protocol.
 * `--check` writes nothing, and exits 1 naming each file that is out of date. `--out FOLDER` works on another folder.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as protocol from '../packages/protocol/dist/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The last part of the file's name and of the id, the title, and the version that stands in the id. */
const { RECORDING_VERSION, SESSION_VERSION } = protocol;
const SCHEMAS = [
  { name: 'session', title: 'PSP session document', version: SESSION_VERSION, schema: protocol.SessionDocument },
  {
    name: 'record-line',
    title: 'PSP payload, a line of records',
    version: SESSION_VERSION,
    schema: protocol.RecordLine,
  },
  { name: 'metadata', title: 'PSP session metadata', version: SESSION_VERSION, schema: protocol.SessionMetadata },
  { name: 'loss', title: 'PSP loss', version: SESSION_VERSION, schema: protocol.Loss },
  { name: 'recording', title: 'PSP recording', version: RECORDING_VERSION, schema: protocol.Recording },
  { name: 'event', title: 'PSP event', version: SESSION_VERSION, schema: protocol.SessionEvent },
];

function render({ name, title, version, schema }) {
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:psp:schema:${name}:${version}`,
    title,
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}

/** The names of files whose content is not what it should be, those that should not be there among them. */
function outOfDate(folder, files) {
  const present = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const strangers = present.filter((file) => !files.has(file));
  const stale = [...files].filter(
    ([file, text]) => !present.includes(file) || readFileSync(join(folder, file), 'utf8') !== text,
  );
  return [...stale.map(([file]) => file), ...strangers];
}

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, out: { type: 'string', default: join(root, 'spec/schema') } },
});
const files = new Map(SCHEMAS.map((row) => [`${row.name}.json`, render(row)]));
mkdirSync(values.out, { recursive: true });
if (values.check) {
  const wrong = outOfDate(values.out, files);
  for (const file of wrong) {
    console.error(`${relative(root, join(values.out, file))} is out of date: run node scripts/generate-schema.mjs`);
  }
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else {
  for (const [file, text] of files) writeFileSync(join(values.out, file), text);
}
