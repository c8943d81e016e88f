/** A process of its own that holds the lease of a session: `lease-child.mjs FOLDER KEY_FILE ID TTL_MS`. Does what the lines of its input say. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { PspError } from '@psp/protocol';
import { Archive } from '../../src/archive.js';
import { openKeySource } from '../../src/seal/key-file.js';
import { FsStore } from '../../src/store/fs.js';
import { makeState } from './session-state.js';

const [folder = '', keyFile = '', id = '', ttlMs = ''] = process.argv.slice(2);
const say = (text: string): void => void writeSync(1, `${text}\n`);
const archive = new Archive(new FsStore(folder), openKeySource({ keyFile }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = async (): Promise<string> => (await lines.next()).value ?? 'end';

const { revision: base } = await archive.metadata(id);
const lease = await archive.lease(id, { ttlMs: Number(ttlMs), holder: 'the child' });
lease.onLost(({ code }) => say(`lost ${code}`));
say(`leased ${lease.fence}`);

/** A save in whose midst the next line is waited for. */
async function save(): Promise<void> {
  const { document, batches } = makeState({ id, secret: 'the child' });
  async function* slowly() {
    say('saving');
    await nextLine();
    yield* batches;
  }
  const outcome = await archive.save({ document, batches: slowly() }, { base, lease }).then(
    ({ metadata }) => `saved ${metadata.version}`,
    ({ code }: PspError) => `refused ${code}`,
  );
  say(outcome);
}

for (let line = await nextLine(); line !== 'end'; line = await nextLine()) {
  if (line === 'save') await save();
  if (line === 'held') say(`held ${lease.isHeld}`);
}
process.exit(0);
