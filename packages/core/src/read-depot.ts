/** Reads on the caches and files of a place where the dump stopped, and tells what the place keeps beside Web Storage and databases. */
import type { OriginState, WireString } from '@psp/protocol';
import { callPage, isSlow, READ_LIMITS, type Place } from './page-call.js';
import type { DepotPlace, DepotReply, PageLoss } from './page/contract.js';
import type { OriginReading, StoreBatch } from './read-origin.js';

interface DepotReading {
  readonly state: Pick<OriginState, 'caches' | 'files' | 'serviceWorkers' | 'persisted'>;
  readonly batches: StoreBatch[];
  readonly losses: PageLoss[];
}

/** `records` are the lines of the reply's batches. Once a call takes too long, what is left gets a loss each, and no wait. */
export async function readDepot(
  place: Place,
  reply: DepotReply | undefined,
  records: readonly Uint8Array[],
  timeoutMs: number,
): Promise<DepotReading> {
  if (reply === undefined) return { state: {}, batches: [], losses: [] };
  const { batches: first, rest, buckets: _, ...state } = reply;
  const batches = first.map(({ at, count }, index) => ({ at, count, json: records[index] as Uint8Array }));
  const losses: PageLoss[] = [];
  let slow: Error | undefined;
  for (const { at, after } of rest) {
    const cache = at[0] === 'caches' ? state.caches?.[at[1]]?.name : undefined;
    try {
      if (slow !== undefined) throw slow;
      let next = after;
      do {
        const from = next === undefined ? {} : { after: next };
        const which = cache === undefined ? {} : { cache };
        const { header, records: lines } = await callPage(place, {
          do: 'entries',
          ...which,
          ...from,
          ...READ_LIMITS,
          timeoutMs,
        });
        losses.push(...header.losses);
        if (header.count > 0) batches.push({ at, count: header.count, json: lines[0] as Uint8Array });
        next = header.next;
      } while (next !== undefined);
    } catch (error) {
      if (!isSlow(error)) throw error;
      slow = error;
      losses.push(slowLoss(at, cache, error.message));
    }
  }
  return { state, batches, losses };
}

function slowLoss([kind]: DepotPlace, cache: WireString | undefined, message: string): PageLoss {
  const detail = `entries are missing: ${message}`;
  if (kind === 'files') return { code: 'file-failed', kind: 'file', detail };
  return { code: 'cache-failed', kind: 'cache', item: typeof cache === 'string' ? cache : '?', detail };
}

/** Whether a place holds anything beside Web Storage and databases. */
export function hasDepot({ state, batches, buckets = [] }: OriginReading): boolean {
  const { caches = [], serviceWorkers = [] } = state;
  return caches.length > 0 || serviceWorkers.length > 0 || buckets.length > 0 || batches.length > 0;
}
