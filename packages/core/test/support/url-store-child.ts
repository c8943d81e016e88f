/**
 * A process of its own that uses the store of PSP_TEST_STORE_URL, which may hold a password: `url-store-child.mjs COMMAND KEY COUNT`.
 * Prints what was acknowledged. It never closes the store, and ends all the same.
 */
import { writeSync } from 'node:fs';
import type { PspError } from '@psp/protocol';
import { openStore } from '../../src/store/open.js';
import { failedCases, increment } from '../../src/testing/store-suite.js';

const [command = '', key = '', count = ''] = process.argv.slice(2);
const store = await openStore(process.env['PSP_TEST_STORE_URL']);
const say = (text: string): void => void writeSync(1, `${text}\n`);

const COMMANDS: Record<string, () => Promise<void>> = {
  increment: () => increment(store, key, Number(count)),
  async suite() {
    const server = (await store.facts?.())?.find(({ name }) => name === 'server')?.value;
    say(JSON.stringify({ server, failed: await failedCases(store) }));
  },
  create: async () =>
    say(
      await store.put(key, Buffer.from('x'), { absent: true }).then(
        () => 'done',
        (error: PspError) => `${error.code} ${error.message}`,
      ),
    ),
  /** Until killed: every body is as long as its number says, so that a torn one shows. */
  async write() {
    const found = await store.get(key);
    let etag = found?.etag;
    for (let number = Number.parseInt(Buffer.from(found?.body ?? Buffer.from('0')).toString(), 10) + 1; ; number += 1) {
      const body = Buffer.from(`${number} `.padEnd(1 + (number % 3) * 600_000 + 10, 'x'));
      etag = await store.put(key, body, etag === undefined ? { absent: true } : { etag });
      say(String(number));
    }
  },
  get: async () =>
    say(
      await store.get(key).then(
        (found) => Buffer.from(found?.body ?? []).toString(),
        (error: PspError) => `${error.code} ${error.message}`,
      ),
    ),
};

await COMMANDS[command]?.();
