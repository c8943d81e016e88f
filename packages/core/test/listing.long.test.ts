/** 100,000 sessions in a real server are listed page by page, from their heads alone. */
import { newSessionId } from '@psp/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { redis } from '../../../servers/redis.mjs';
import type { TestServer } from '../../../servers/server.js';
import { openHead, readHead, sealHead, type StoredHead } from '../src/archive/head.js';
import { headKey } from '../src/archive/place.js';
import { openKeySource } from '../src/seal/key-file.js';
import { openStore } from '../src/store/open.js';
import type { Store } from '../src/store/store.js';
import { archives, changed } from './support/archive.js';
import { makeState } from './support/session-state.js';

const SESSIONS = 100_000;
const PAGE = 1000;
/** What a page may read beyond its end: heads that are under way when it is full. */
const AHEAD = 16;
const AT_ONCE = 64;
const LONG_MS = 900_000;

const { folder, archiveOn } = archives();
let server: TestServer | undefined;
let store: Store;
beforeAll(async () => {
  if (redis.missing() !== undefined) return;
  server = await redis.start();
  store = await openStore(server.url);
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

/** A saved session, and heads like its own under other ids: what a list does not read need not be there. Gives the ids in order. */
async function fill(): Promise<string[]> {
  const state = makeState();
  await archiveOn(store).save(state);
  const stored = await readHead(store, state.document.id);
  const keys = openKeySource({ keyFile: `${folder}/key.json` });
  const { etag: _, digest: __, dataKey, metadata, ...fields } = await openHead(stored as StoredHead, keys);
  const ids = [state.document.id];
  const work = async (): Promise<void> => {
    while (ids.length < SESSIONS) {
      const id = newSessionId();
      ids.push(id);
      const bytes = await sealHead({ ...fields, id }, dataKey, { ...metadata!, id });
      await store.put(headKey(id), bytes, { absent: true });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ids.toSorted();
}

it(
  'a list of 100,000 sessions reads each head once, the page at hand only, and no payload',
  async (context) => {
    if (server === undefined) return context.skip(redis.missing());
    const ids = await fill();
    let calls = { heads: 0, lists: 0 };
    const others: string[] = [];
    const counting = changed(store, {
      get: async (key) => {
        if (key.startsWith('h/')) calls.heads += 1;
        else others.push(key);
        return store.get(key);
      },
      list: async (prefix, options) => {
        calls.lists += 1;
        if (prefix !== 'h/' || options.limit > PAGE) others.push(prefix);
        return store.list(prefix, options);
      },
    });
    const archive = archiveOn(counting);
    const listed: string[] = [];
    for (let after: string | undefined, more = true; more;) {
      calls = { heads: 0, lists: 0 };
      const page = await archive.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      listed.push(...page.items.map(({ id }) => id));
      expect(page.damaged).toEqual([]);
      expect(calls.heads).toBeLessThanOrEqual(PAGE + AHEAD);
      expect(calls.lists).toBeLessThanOrEqual(4);
      after = page.next;
      more = after !== undefined;
    }
    // A difference of 100,000 lines would be printed.
    expect([listed.length, listed.join() === ids.join(), others]).toEqual([SESSIONS, true, []]);
  },
  LONG_MS,
);
