/** A process of its own that uses a store in a folder: `store-child.mjs COMMAND FOLDER ...`. Prints what was acknowledged. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { PspError } from '@psp/protocol';
import { FsStore } from '../../src/store/fs.js';
import { guardStore } from '../../src/store/guard.js';
import { increment } from '../../src/testing/store-suite.js';

const [command = '', folder = '', name = '', argument = ''] = process.argv.slice(2);
const store = guardStore(new FsStore(folder));
const say = (text: string): void => void writeSync(1, `${text}\n`);

/** A body that tells whether it is whole. */
function bodyOf(number: number): Buffer {
  const line = `${number} ${createHash('sha256').update(String(number)).digest('hex')}\n`;
  return Buffer.from(line.repeat(1 + (number % 7) * 300));
}

/** Until killed: one value replaced again and again, others created, old ones removed. */
async function write(): Promise<void> {
  const key = `value/${name}`;
  let found = await store.get(key);
  for (
    let number = found === undefined ? 1 : Number.parseInt(Buffer.from(found.body).toString(), 10) + 1;
    ;
    number += 1
  ) {
    const etag = await store.put(key, bodyOf(number), found === undefined ? { absent: true } : { etag: found.etag });
    found = { etag, body: new Uint8Array() };
    say(`value ${number}`);
    await store.put(`part/${name}/${number}`, bodyOf(number), { absent: true }).catch((error: PspError) => {
      if (error.code !== 'CONFLICT') throw error;
    });
    say(`part ${number}`);
    if (number % 5 === 0) await store.remove(`part/${name}/${number - 4}`);
  }
}

const COMMANDS: Record<string, () => Promise<void>> = {
  increment: () => increment(store, name, Number(argument)),
  write,
  create: async () =>
    say(
      await store.put(name, bodyOf(1), { absent: true }).then(
        () => 'done',
        (error: PspError) => `${error.code} ${error.message}`,
      ),
    ),
  list: async () =>
    say(
      await store.list('', { limit: 1 }).then(
        () => 'done',
        (error: PspError) => `${error.code} ${error.message}`,
      ),
    ),
};

await COMMANDS[command]?.();
