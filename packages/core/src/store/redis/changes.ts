/** Hints of changes, from the stream to which every write adds its key. Knows nothing of values. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from './connection.js';
import type { RedisLink } from './link.js';

/** Below the silence after which the connection is given up, so that a quiet store is no broken one. */
const BLOCK_MS = 10_000;
const RETRY_MS = 500;
const BATCH = 1000;

/**
 * Calls `hint` once for each batch of changes with a key of this prefix. After a broken connection it begins anew with a hint, since
 * changes may have passed. Resolves when it listens; gives how to stop.
 */
export async function watchChanges(
  link: RedisLink,
  stream: string,
  prefix: string,
  hint: () => void,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const { signal } = stop;
  let connection: RedisConnection | undefined = await link.open();
  let last = await newest(connection, stream);
  const listen = async (): Promise<void> => {
    while (!signal.aborted) {
      const changed = await next();
      if (changed && !signal.aborted) hint();
    }
  };
  const next = async (): Promise<boolean> => {
    try {
      if (connection?.isReady === true) {
        const entries = await read(connection, stream, last);
        last = entries.at(-1)?.id ?? last;
        return entries.some(({ key }) => key.startsWith(prefix));
      }
      connection = await link.open();
      last = await newest(connection, stream);
      return true;
    } catch {
      // Whoever reads or writes is told; here there is only to try again.
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      return false;
    }
  };
  const listening = listen();
  return async () => {
    stop.abort();
    connection?.destroy();
    await listening;
    connection?.destroy(); // one that was opened meanwhile
  };
}

/** The id of the last entry. `$` would do for one call, and miss what comes between two. */
async function newest(connection: RedisConnection, stream: string): Promise<string> {
  const entries = entriesOf(await connection.send(['XREVRANGE', stream, '+', '-', 'COUNT', '1']));
  return entries[0]?.id ?? '0-0';
}

async function read(connection: RedisConnection, stream: string, after: string): Promise<Entry[]> {
  const options = ['COUNT', String(BATCH), 'BLOCK', String(BLOCK_MS)];
  const reply = await connection.send(['XREAD', ...options, 'STREAMS', stream, after]);
  if (!Array.isArray(reply)) return [];
  const [first] = reply as [[unknown, unknown]?];
  return entriesOf(first?.[1]);
}

interface Entry {
  readonly id: string;
  readonly key: string;
}

/** Each is `[id, ['key', key]]`. */
function entriesOf(reply: unknown): Entry[] {
  return (reply as [Buffer, [Buffer, Buffer]][]).map(([id, [, key]]) => ({ id: String(id), key: String(key) }));
}
