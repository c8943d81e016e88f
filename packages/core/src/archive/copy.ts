/**
 * Copies sessions with their versions and tombstones from store to store. Values stay sealed as they are, so no key is needed, and
 * it can be ended at any moment: run again, it goes on where it was. Knows nothing of drivers and of the seal.
 */
import { PspError } from '@psp/protocol';
import { guardStore } from '../store/guard.js';
import type { Store } from '../store/store.js';
import { CopyMark } from './copy-mark.js';
import { copySession, type CopyJob, type CopyStatus, type SessionCopy } from './copy-session.js';
import { raiseEpoch, readEpoch } from './epoch.js';
import { deletedAtOf, keyIdsOf, readHead } from './head.js';
import { allKeys } from './keys.js';
import { checkId, HEADS } from './place.js';

/** Sessions under way at once: enough to hide the way to a distant server, few enough for memory (two parts of 2 MiB each). */
const AT_ONCE = 4;

export interface CopyProgress {
  /** Sessions. */
  readonly done: number;
  readonly total: number;
  readonly latest: SessionCopy;
}

export interface CopyOptions {
  /** Ids of the sessions to copy; all without it. */
  readonly sessions?: readonly string[];
  /** Tells what would be done, and writes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyReport {
  /** Sessions that were looked at, tombstones included. */
  readonly total: number;
  readonly counts: Readonly<Record<CopyStatus, number>>;
  readonly values: number;
  readonly bytes: number;
  /** Those that are `newer`, `conflict` or `damaged`, each with its reason. */
  readonly notices: readonly SessionCopy[];
}

/**
 * A head replaces one that is its ancestor, and nothing else is ever overwritten (PSP-COPY-2); what stands in the way is told in the
 * report and does not stop the other sessions. Throws NOT_FOUND for a session that is not there, INVALID_INPUT for the same store
 * twice, and what the stores throw.
 */
export async function copyStore(source: Store, target: Store, options: CopyOptions = {}): Promise<CopyReport> {
  const [from, to] = [guardStore(source), guardStore(target)];
  if (from.url === to.url && from.url !== 'memory:')
    throw new PspError('INVALID_INPUT', `expected two stores, found ${from.url} twice`);
  const ids = options.sessions ?? (await idsOf(from));
  if (options.sessions !== undefined) for (const id of ids) await requireHead(from, id);
  const mark = new CopyMark(to);
  const job = {
    from,
    to,
    dryRun: options.dryRun === true,
    keys: await keysOf(to),
    beforePut: () => mark.show(),
    beforeHead: once(() => raise(from, to)),
  };
  const report = await copyAll(job, ids, options.onProgress);
  await mark.remove();
  return report;
}

async function copyAll(
  job: CopyJob,
  ids: readonly string[],
  onProgress: CopyOptions['onProgress'],
): Promise<CopyReport> {
  const counts = { copied: 0, updated: 0, repaired: 0, same: 0, newer: 0, conflict: 0, damaged: 0, unsaved: 0 };
  const report = { total: ids.length, counts, values: 0, bytes: 0, notices: [] as SessionCopy[] };
  const waiting = ids.toReversed();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const latest = await copySession(job, id);
      report.values += latest.values;
      report.bytes += latest.bytes;
      counts[latest.status] += 1;
      if (latest.reason !== undefined) report.notices.push(latest);
      done += 1;
      onProgress?.({ done, total: ids.length, latest });
    }
  };
  const workers = Array.from({ length: AT_ONCE }, () =>
    work().catch((error: unknown) => {
      waiting.length = 0;
      throw error;
    }),
  );
  // All come to rest before the first failure is told, so that nothing is written afterwards.
  const [failure] = (await Promise.allSettled(workers)).filter((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return report;
}

/** No token that was given in the source may be given here again (PSP-LEASE-8). Before the first head, so that an interrupted copy did it too. */
async function raise(from: Store, to: Store): Promise<void> {
  await raiseEpoch(to, { above: await readEpoch(from) });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let under: Promise<void> | undefined;
  return () => (under ??= work());
}

async function idsOf(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of allKeys(store, HEADS)) ids.push(key.slice(HEADS.length));
  return ids;
}

async function requireHead(store: Store, id: string): Promise<void> {
  checkId(id);
  if ((await readHead(store, id)) === undefined) throw new PspError('NOT_FOUND', `no session ${id} in ${store.url}`);
}

/** The first session that is not deleted speaks for all, as at a save. */
async function keysOf(store: Store): Promise<string[]> {
  for await (const { key } of allKeys(store, HEADS)) {
    const head = await readHead(store, key.slice(HEADS.length));
    if (head === undefined || 'lost' in head) continue;
    try {
      if ((await deletedAtOf(head)) === undefined) return await keyIdsOf(head);
    } catch (error) {
      // A damaged head says nothing; the next one is asked.
      if (!(error instanceof PspError)) throw error;
    }
  }
  return [];
}
