/** Copies one session from store to store, sealed as it is. Knows no key; of heads it knows how they stand to each other. */
import { PspError } from '@psp/protocol';
import type { Store } from '../store/store.js';
import { readClearHead, relationOf, type ClearHead, type Relation } from './clear-head.js';
import { copyValues, count, Obstacle, type Tally } from './copy-values.js';
import { keyIdsOf, readHead, type StoredHead } from './head.js';
import { headKey } from './place.js';

/** Each round copies what changed since the one before; a session that is saved more often than that is left for the next run. */
const MAX_ROUNDS = 8;

export type CopyStatus =
  /** It was not there. */
  | 'copied'
  /** An earlier state of it was there. */
  | 'updated'
  /** Its head was there, and values that it names were not. */
  | 'repaired'
  | 'same'
  /** The target has a later state of it, which stays. */
  | 'newer'
  /** The target has something else, which stays. */
  | 'conflict'
  /** The source itself lacks part of it. What is there was copied, unless its head cannot be read. */
  | 'damaged'
  /** It was leased and never saved: there is nothing to copy yet. */
  | 'unsaved';

export interface SessionCopy extends Tally {
  readonly id: string;
  readonly status: CopyStatus;
  /** What stood in the way, for `newer`, `conflict`, `damaged` and `unsaved`. */
  readonly reason?: string;
}

export interface CopyJob {
  readonly from: Store;
  readonly to: Store;
  readonly dryRun: boolean;
  /** The keys that the sessions of the target need; none where there are no sessions yet. */
  readonly keys: readonly string[];
  /** Called before each put into the target. */
  readonly beforePut: () => Promise<void>;
  /** Called before each head, too. */
  readonly beforeHead: () => Promise<void>;
}

type Done = 'same' | 'repaired' | 'updated' | 'copied';
const DONE_BY: Readonly<Record<Pair['relation'], Done>> = {
  same: 'repaired',
  older: 'updated',
  absent: 'copied',
};
const MORE: readonly Done[] = ['same', 'repaired', 'updated', 'copied'];

interface Pair {
  readonly stored: StoredHead;
  readonly source: ClearHead;
  readonly target: Target | undefined;
  readonly relation: 'same' | 'older' | 'absent';
}

type Target = ClearHead & { readonly etag: string };

/**
 * Parts and manifests first, then the head, as a save does. It is done when a look at both stores finds the same head and every
 * value that it names; until then it looks again, so that neither a change of the source nor a sweep of the target is missed.
 */
export async function copySession(job: CopyJob, id: string): Promise<SessionCopy> {
  const tally: Tally = { values: 0, bytes: 0 };
  try {
    const status = await copyRounds(job, id, tally);
    return { id, ...status, ...tally };
  } catch (error) {
    if (!(error instanceof Obstacle)) throw error;
    return { id, status: error.status, ...tally, reason: error.message };
  }
}

async function copyRounds(job: CopyJob, id: string, tally: Tally): Promise<Pick<SessionCopy, 'status' | 'reason'>> {
  let done: Done = 'same';
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const pair = await lookAt(job, id);
    const { written, lacking } = await copyValues(job, pair, tally);
    const isSettled = pair.relation === 'same' && written === 0;
    if (!isSettled) done = MORE[Math.max(MORE.indexOf(done), MORE.indexOf(DONE_BY[pair.relation]))] ?? done;
    if (job.dryRun && pair.relation !== 'same') count(tally, pair.stored.bytes.byteLength);
    if (isSettled || job.dryRun) {
      const [first] = lacking;
      if (first === undefined) return { status: done };
      return { status: 'damaged', reason: `${lacking.length} of its values cannot be copied: ${first}` };
    }
    if (pair.relation !== 'same') await copyHead(job, pair, tally);
  }
  throw new Obstacle('conflict', 'it is changed by others again and again: copy it once more');
}

/** Throws an Obstacle where the target must stay as it is, or the source cannot be read. */
async function lookAt(job: CopyJob, id: string): Promise<Pair> {
  const stored = await storedHead(job.from, id, 'damaged', 'its head');
  if (stored === undefined) throw new Obstacle('damaged', 'its head is missing');
  const source = await clearly(stored, 'damaged', 'its head');
  if (source.isReservation) throw new Obstacle('unsaved', 'it was leased, and never saved');
  const present = await storedHead(job.to, id, 'conflict', "the target's head");
  if (present === undefined) {
    await refuseOtherKey(job, stored);
    return { stored, source, target: undefined, relation: 'absent' };
  }
  const target = { ...(await clearly(present, 'conflict', "the target's head")), etag: present.etag };
  const relation: Relation = relationOf(target, source);
  if (relation === 'newer') throw new Obstacle('newer', 'the target has a later state of it');
  if (relation === 'unrelated')
    throw new Obstacle('conflict', 'the target has another state of it, and neither comes from the other');
  return { stored, source, target, relation };
}

async function storedHead(
  store: Store,
  id: string,
  otherwise: Obstacle['status'],
  what: string,
): Promise<StoredHead | undefined> {
  const head = await readHead(store, id);
  if (head !== undefined && 'lost' in head) throw new Obstacle(otherwise, `${what} is damaged: ${head.lost.message}`);
  return head;
}

async function clearly(head: StoredHead, otherwise: Obstacle['status'], what: string): Promise<ClearHead> {
  try {
    return await readClearHead(head);
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    throw new Obstacle(otherwise, `${what} cannot be read: ${error.message}`);
  }
}

/** A second key must never come into a store silently: whoever lists its sessions could not open some of them. */
async function refuseOtherKey({ keys }: CopyJob, head: StoredHead): Promise<void> {
  const own = await keyIdsOf(head);
  if (keys.length === 0 || own.length === 0 || own.some((id) => keys.includes(id))) return;
  throw new Obstacle(
    'conflict',
    `it is sealed with the key ${own.join(', ')}, and the sessions of the target with ${keys.join(', ')}`,
  );
}

/** After a lost race the next round looks what is there. A lost reply is settled by reading. */
async function copyHead({ to, beforePut, beforeHead }: CopyJob, { stored, target }: Pair, tally: Tally): Promise<void> {
  await beforePut();
  await beforeHead();
  try {
    const condition = target === undefined ? { absent: true as const } : { etag: target.etag };
    await to.put(headKey(stored.id), stored.bytes, condition);
  } catch (error) {
    if (error instanceof PspError && error.code === 'CONFLICT') return;
    if (!(error instanceof PspError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    const found = await readHead(to, stored.id);
    if (found === undefined || 'lost' in found || found.digest !== stored.digest) throw error;
  }
  count(tally, stored.bytes.byteLength);
}
