/** Leases: one holder at a time, and a stale one can neither save nor believe that it saved. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { newSessionId, type PspError } from '@psp/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyStore } from '../src/archive/copy.js';
import { raiseEpoch, type Archive, type Lease } from '../src/archive.js';
import { openKeySource } from '../src/seal/key-file.js';
import { FsStore } from '../src/store/fs.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { archives, changed, errorOf, keysOf, losesReplies, secretOf } from './support/archive.js';
import { bundleProgram } from './support/bundle.js';
import { batch, makeDocument, makeState } from './support/session-state.js';

const { archiveOn, folder } = archives();
const HOUR_MS = 60 * 60 * 1000;
const TTL_MS = 1000;
/** Renewed by the test, if at all: so what happens depends on no timer. */
const BY_HAND = { ttlMs: TTL_MS, renew: false } as const;
let store: Store;
let archive: Archive;
let id: string;
beforeEach(async () => {
  store = new MemoryStore();
  archive = archiveOn(store);
  id = newSessionId();
  await archive.save(makeState({ id, secret: 'start' }));
});

/** Somebody on another machine, whose clocks the test sets. */
function machine(on = store, wallMs = 0): { archive: Archive; pass(ms: number): void } {
  let ms = 1_000_000 * Math.random();
  const nowMs = (): number => Date.now() + wallMs;
  return { archive: archiveOn(on, { monotonicMs: () => ms, nowMs }), pass: (more) => void (ms += more) };
}

const save = async (lease?: Lease, secret = 'new', by = archive): Promise<number> => {
  const { revision: base } = await by.metadata(id);
  const saved = await by.save(makeState({ id, secret }), lease === undefined ? { base } : { base, lease });
  return saved.metadata.version;
};

const fails = (code: string, ...words: string[]): object => ({
  code,
  message: expect.stringMatching(new RegExp(words.map((word) => `(?=.*${word})`).join(''))),
});

describe.each([
  ['memory', (): Store => new MemoryStore()],
  ['fs', (): Store => new FsStore(join(folder, `store-${Math.random()}`))],
])('a lease (%s)', (_name, newStore) => {
  it('[PSP-LEASE-1] has one holder, of many who want it; the next one gets a higher token', async () => {
    store = newStore();
    const one = archiveOn(store);
    await one.save(makeState({ id }));
    const wanting = Array.from({ length: 8 }, (_, at) =>
      archiveOn(store).lease(id, { ttlMs: 60_000, holder: `worker ${at}` }),
    );
    const outcomes = await Promise.allSettled(wanting);
    const [winner, ...others] = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
    expect([winner?.fence, others]).toEqual([1, []]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(fails('LEASED', winner!.holder, id));
    await winner!.release();
    const next = await one.lease(id, { ttlMs: 60_000 });
    expect(next.fence).toBe(2);
    await next.release();
    await next.release();
  });
});

describe('a record of a lease', () => {
  it('[PSP-LEASE-2] counts as over when it was seen unchanged for 1.25 of its time, whatever the clocks on the wall say', async () => {
    const holder = machine(store, HOUR_MS);
    const other = machine(store, -HOUR_MS);
    const lease = await holder.archive.lease(id, BY_HAND);
    const want = (): Promise<Lease> => other.archive.lease(id, BY_HAND);
    expect(await errorOf(want())).toMatchObject(fails('LEASED', '1250 ms'));
    other.pass(1.24 * TTL_MS);
    expect(await errorOf(want())).toMatchObject(fails('LEASED'));
    holder.pass(0.9 * TTL_MS);
    await lease.renew();
    other.pass(HOUR_MS);
    expect(await errorOf(want())).toMatchObject(fails('LEASED'));
    other.pass(1.26 * TTL_MS);
    expect((await want()).fence).toBe(lease.fence + 1);
    expect(await errorOf(save(lease, 'stale', holder.archive))).toMatchObject(fails('FENCED'));
    expect(await errorOf(lease.renew())).toMatchObject(fails('LEASE_LOST', 'somebody else'));
  });

  it('is not counted as over by a reply that was held up', async () => {
    await archive.lease(id, BY_HAND);
    let ms = 0;
    let stallMs = 0;
    const slow = changed(store, {
      get: async (key) => {
        const found = await store.get(key);
        ms += stallMs;
        return found;
      },
    });
    const stalled = archiveOn(slow, { monotonicMs: () => ms });
    expect(await errorOf(stalled.lease(id, BY_HAND))).toMatchObject(fails('LEASED'));
    stallMs = 10 * TTL_MS;
    expect(await errorOf(stalled.lease(id, BY_HAND))).toMatchObject(fails('LEASED'));
  });

  it('that was not written by a holder is none: damaged, or sealed with another key', async () => {
    const forger = openKeySource({ keyFile: join(folder, 'forger.json') });
    await forger.ensureKey();
    const { Archive: Any } = await import('../src/archive.js');
    const elsewhere = new MemoryStore();
    await new Any(elsewhere, forger).lease(id, { ttlMs: HOUR_MS });
    const forged = (await elsewhere.get(`l/${id}`))!.body;
    for (const body of [forged, Buffer.from('PSP1 nothing'), new Uint8Array()]) {
      const lease = await archive.lease(id, BY_HAND);
      const { etag } = (await store.get(`l/${id}`))!;
      await store.put(`l/${id}`, body, { etag });
      expect(await errorOf(save(lease))).toMatchObject(fails('LEASE_LOST', 'gone'));
      expect(lease.isHeld).toBe(false);
      const version = await save();
      const next = await archive.lease(id, BY_HAND);
      expect(next.fence).toBeGreaterThan(lease.fence);
      expect(await save(next)).toBe(version + 1);
      await next.release();
    }
  });

  it('tells a thief neither who works here nor on which machine', async () => {
    await archive.lease(id, { ttlMs: 60_000, holder: 'canary-holder' });
    const { body } = (await store.get(`l/${id}`))!;
    expect(Buffer.from(body).toString('latin1')).not.toContain('canary');
  });
});

describe('a save', () => {
  it('[PSP-LEASE-3] under a lease shows its token: after a later one it is FENCED, and nothing is changed', async () => {
    const holder = machine();
    const lease = await holder.archive.lease(id, BY_HAND);
    expect(await save(lease, 'one', holder.archive)).toBe(2);
    const { revision: base } = await archive.metadata(id);
    const other = machine();
    async function* whileTaken() {
      await errorOf(other.archive.lease(id, BY_HAND));
      other.pass(2 * TTL_MS);
      await other.archive.lease(id, BY_HAND);
      yield batch([0, 0, 0], []);
    }
    const state = { document: makeDocument({ id }), batches: whileTaken() };
    expect(await errorOf(holder.archive.save(state, { base, lease }))).toMatchObject(fails('FENCED', '1', '2'));
    expect([await secretOf(archive, id), (await keysOf(store, 'm/')).length]).toEqual(['one', 2]);
  });

  it('[PSP-LEASE-4] under a lease that ran out by the own clock is LEASE_LOST before anything is written', async () => {
    const holder = machine();
    const lease = await holder.archive.lease(id, BY_HAND);
    const puts: string[] = [];
    const reasons: PspError[] = [];
    lease.onLost((reason) => reasons.push(reason));
    const watched = changed(store, { put: (key, ...rest) => (puts.push(key), store.put(key, ...rest)) });
    const { revision: base } = await archive.metadata(id);
    holder.pass(TTL_MS);
    expect(await errorOf(archiveOn(watched).save(makeState({ id }), { base, lease }))).toMatchObject(
      fails('LEASE_LOST', '1000 ms'),
    );
    expect([puts, lease.isHeld, lease.lost.aborted]).toEqual([[], false, true]);
    expect(reasons.map(({ code }) => code)).toEqual(['LEASE_LOST']);
    expect(lease.lost.reason).toBe(reasons[0]);
    await new Promise<void>((resolve) => lease.onLost(() => resolve()));
    expect(await errorOf(lease.renew())).toMatchObject(fails('LEASE_LOST'));
    await lease.release();
  });

  it('is not committed when the lease ran out while it was written, and one that was released is over', async () => {
    const holder = machine();
    const lease = await holder.archive.lease(id, BY_HAND);
    const { revision: base } = await archive.metadata(id);
    async function* slowly() {
      holder.pass(TTL_MS);
      yield batch([0, 0, 0], []);
    }
    const state = { document: makeDocument({ id }), batches: slowly() };
    expect(await errorOf(holder.archive.save(state, { base, lease }))).toMatchObject(fails('LEASE_LOST'));
    expect((await keysOf(store, 'm/')).length).toBe(1);
    holder.pass(-TTL_MS);
    const other = machine();
    await errorOf(other.archive.lease(id, BY_HAND));
    other.pass(2 * TTL_MS);
    const next = await other.archive.lease(id, BY_HAND);
    await next.release();
    expect(await errorOf(save(next, 'x', other.archive))).toMatchObject(fails('LEASE_LOST', 'released'));
    expect(await save()).toBe(2);
  });

  it('[PSP-LEASE-5] without a lease is LEASED while somebody else has one, naming who; also when it is taken meanwhile', async () => {
    const lease = await archive.lease(id, { ttlMs: 2000, holder: 'worker 7' });
    const free = archiveOn(store);
    expect(await errorOf(save(undefined, 'x', free))).toMatchObject(fails('LEASED', 'worker 7'));
    const { revision: base } = await free.metadata(id);
    await lease.release();
    async function* whileTaken() {
      await archive.lease(id, { ttlMs: 60_000 });
      yield batch([0, 0, 0], []);
    }
    const state = { document: makeDocument({ id }), batches: whileTaken() };
    expect(await errorOf(free.save(state, { base }))).toMatchObject(fails('LEASED', 'meanwhile|while'));
    expect(await secretOf(free, id)).toBe('start');
    await free.update(id, { name: 'renamed' });
    await free.remove(id);
    expect(await errorOf(free.open(id))).toMatchObject(fails('DELETED'));
  });

  it('without a lease waits until a holder that died is over', async () => {
    const dead = machine();
    await dead.archive.lease(id, { ttlMs: 60, renew: false, holder: 'dead' });
    expect(await save()).toBe(2);
  });

  it('and a rollback under a lease of another session is refused, under the own one done', async () => {
    const other = newSessionId();
    const lease = await archive.lease(other, BY_HAND);
    expect(await errorOf(save(lease))).toMatchObject(fails('INVALID_INPUT'));
    const own = await archive.lease(id, { ttlMs: 60_000 });
    await save(own);
    expect((await archive.rollback(id, 1, { lease: own })).metadata.version).toBe(3);
  });
});

describe('a session', () => {
  it('[PSP-LEASE-6] can be leased before its first save, which brings the token into the head', async () => {
    id = newSessionId();
    const lease = await archive.lease(id, { ttlMs: 2000, holder: 'first' });
    const other = archiveOn(store);
    expect(await errorOf(other.save(makeState({ id })))).toMatchObject(fails('LEASED', 'first'));
    await archive.save(makeState({ id }), { lease });
    await lease.release();
    await other.save(makeState({ id }), { base: (await other.metadata(id)).revision });
    await store.remove(`l/${id}`);
    expect((await other.lease(id, BY_HAND)).fence).toBe(lease.fence + 1);
  });

  it('[PSP-LEASE-6] whose first save is held up on the way is not saved by it once another has the lease', async () => {
    id = newSessionId();
    let arrived!: () => void;
    let goOn!: () => void;
    const [arrival, released] = [
      new Promise<void>((done) => (arrived = done)),
      new Promise<void>((done) => (goOn = done)),
    ];
    const slow = changed(store, {
      put: async (key, body, condition) => {
        const { isHeldUp } = state;
        if (isHeldUp && key === `h/${id}`) {
          arrived();
          await released;
        }
        return store.put(key, body, condition);
      },
    });
    const state = { isHeldUp: false };
    const holder = machine(slow);
    const lease = await holder.archive.lease(id, BY_HAND);
    state.isHeldUp = true;
    const late = errorOf(holder.archive.save(makeState({ id, secret: 'late' }), { lease }));
    await arrival;
    const other = machine();
    await errorOf(other.archive.lease(id, BY_HAND));
    other.pass(2 * TTL_MS);
    const next = await other.archive.lease(id, BY_HAND);
    goOn();
    expect(await late).toMatchObject(fails('FENCED'));
    const saved = await other.archive.save(makeState({ id, secret: 'mine' }), { lease: next });
    expect([saved.metadata.version, await secretOf(archive, id)]).toEqual([1, 'mine']);
  });

  it.each(['its first save', 'a save'])(
    '[PSP-LEASE-5] that is leased between the looks of %s at the lease and at the head is not saved',
    async (which) => {
      const { revision } = await archive.metadata(id);
      if (which === 'its first save') id = newSessionId();
      const before = await keysOf(store, 'b/');
      const other = archiveOn(store);
      let lease: Lease | undefined;
      const slow = changed(store, {
        get: async (key) => {
          if (key === `h/${id}`) lease ??= await other.lease(id, { ttlMs: 300 });
          return store.get(key);
        },
      });
      const base = which === 'a save' ? { base: revision } : {};
      expect(await errorOf(archiveOn(slow).save(makeState({ id }), base))).toMatchObject(
        fails('LEASED', lease!.holder),
      );
      expect(await keysOf(store, 'b/')).toEqual(before);
      await lease!.release();
    },
  );

  it('[PSP-LEASE-6] that is saved for the first time without a lease, while another leases it, is not saved', async () => {
    id = newSessionId();
    const other = archiveOn(store);
    const leased = changed(store, {
      put: async (key, body, condition) => {
        if (key === `h/${id}`) await other.lease(id, BY_HAND);
        return store.put(key, body, condition);
      },
    });
    expect(await errorOf(archiveOn(leased).save(makeState({ id })))).toMatchObject(fails('LEASED'));
    expect(await keysOf(store, 'b/')).not.toContainEqual(expect.stringContaining(id));
  });

  it('[PSP-LEASE-6] that was leased and never saved is no session to anybody', async () => {
    const never = newSessionId();
    const lease = await archive.lease(never, BY_HAND);
    expect(await keysOf(store, 'h/')).toEqual([`h/${id}`, `h/${never}`]);
    const reads = [
      archive.open(never),
      archive.metadata(never),
      archive.versions(never),
      archive.find(never),
      archive.remove(never),
      archive.update(never, { name: 'x' }),
      archive.rollback(never, 1),
      archive.save(makeState({ id: never }), { base: newSessionId(), lease }),
    ];
    for (const read of reads) expect(await errorOf(read)).toMatchObject(fails('NOT_FOUND', never));
    expect((await archive.list()).items.map((item) => item.id)).toEqual([id]);
    const target = new MemoryStore();
    expect((await copyStore(store, target)).counts).toMatchObject({ copied: 1, unsaved: 1 });
    expect(await keysOf(target, 'h/')).toEqual([`h/${id}`]);
    expect((await archive.save(makeState({ id: never }), { lease })).metadata.version).toBe(1);
    expect((await copyStore(store, target)).counts).toMatchObject({ copied: 1, same: 1, unsaved: 0 });
  });

  it('that was leased before its first save, by one and then by another, is saved by the other only', async () => {
    id = newSessionId();
    const holder = machine();
    const lease = await holder.archive.lease(id, BY_HAND);
    const other = machine();
    await errorOf(other.archive.lease(id, BY_HAND));
    other.pass(2 * TTL_MS);
    const next = await other.archive.lease(id, BY_HAND);
    expect(await errorOf(holder.archive.save(makeState({ id }), { lease }))).toMatchObject(fails('FENCED'));
    expect((await other.archive.save(makeState({ id }), { lease: next })).metadata.version).toBe(1);
  });

  it('that is deleted or no session cannot be leased, nor with what is no time', async () => {
    await archive.remove(id);
    expect(await errorOf(archive.lease(id, BY_HAND))).toMatchObject(fails('DELETED'));
    expect(await keysOf(store)).toEqual([`h/${id}`]);
    expect(await errorOf(archive.lease('../x', BY_HAND))).toMatchObject(fails('INVALID_INPUT'));
    const wrong = [{ ttlMs: 49 }, { ttlMs: 3_600_001 }, { ttlMs: 60.5 }, { waitMs: -1 }, { holder: '' }];
    for (const options of wrong) {
      const leased = archive.lease(newSessionId(), { ...BY_HAND, ...options });
      expect(await errorOf(leased)).toMatchObject(fails('INVALID_INPUT', Object.keys(options)[0]!));
    }
  });

  it('whose lease is wanted while another has it is had when that is released, or the waiting ended', async () => {
    const lease = await archive.lease(id, { ttlMs: 60_000 });
    const other = archiveOn(store);
    const stop = new AbortController();
    const given = other.lease(id, { ttlMs: 60_000, waitMs: 60_000, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const waiting = other.lease(id, { ttlMs: 60_000, waitMs: 60_000 });
    await lease.release();
    expect((await waiting).fence).toBe(lease.fence + 1);
  });
});

describe('a renewal', () => {
  it('[PSP-LEASE-4] counts from before it was sent, as the lease does, however long the store takes', async () => {
    let ms = 0;
    const slow = changed(store, {
      put: async (key, body, condition) => {
        const etag = await store.put(key, body, condition);
        if (key.startsWith('l/')) ms += 0.6 * TTL_MS;
        return etag;
      },
    });
    const held = async (steps: (lease: Lease) => Promise<void>): Promise<boolean> => {
      const lease = await archiveOn(slow, { monotonicMs: () => ms }).lease(newSessionId(), BY_HAND);
      await steps(lease);
      return lease.isHeld;
    };
    expect(await held(async () => void (ms += 0.3 * TTL_MS))).toBe(true);
    expect(await held(async () => void (ms += 0.4 * TTL_MS))).toBe(false);
    const renewed = (leftMs: number) => async (lease: Lease) => {
      await lease.renew();
      ms += leftMs;
    };
    expect(await held(renewed(0.3 * TTL_MS))).toBe(true);
    expect(await held(renewed(0.4 * TTL_MS))).toBe(false);
  });

  it('happens by itself, so that who waits longer than the time does not get it', async () => {
    const lease = await archive.lease(id, { ttlMs: 3000 });
    const waiting = archiveOn(store).lease(id, { ttlMs: 3000, waitMs: 4000 });
    expect(await errorOf(waiting)).toMatchObject(fails('LEASED'));
    expect([lease.isHeld, await save(lease)]).toEqual([true, 2]);
    await lease.release();
  });

  it('that fails is tried again, and the lease is lost by its clock alone, with the failure as cause', async () => {
    let down = false;
    const shaky = changed(store, {
      put: (...args) => (down ? Promise.reject(new Error('no route')) : store.put(...args)),
      get: (key) => (down ? Promise.reject(new Error('no route')) : store.get(key)),
    });
    const lease = await archiveOn(shaky).lease(id, { ttlMs: 300 });
    down = true;
    const reason = await new Promise<PspError>((resolve) => lease.onLost(resolve));
    expect([reason.code, reason.cause]).toEqual(['LEASE_LOST', expect.objectContaining({ code: 'OUTCOME_UNKNOWN' })]);
  });
});

describe('a lost reply', () => {
  it('[PSP-LEASE-7] to any put of the record is settled by the nonce', async () => {
    const deaf = archiveOn(losesReplies(store, () => true));
    const lease = await deaf.lease(id, BY_HAND);
    await lease.renew();
    expect(await save(lease, 'heard', deaf)).toBe(2);
    await lease.release();
    expect((await archive.lease(id, BY_HAND)).fence).toBe(lease.fence + 1);
  });

  it('to a put that comes late does not lose the lease to itself', async () => {
    let late: (() => Promise<unknown>) | undefined;
    let hold = false;
    const slow = changed(store, {
      put: async (key, body, condition) => {
        if (!hold) return store.put(key, body, condition);
        hold = false;
        late = () => store.put(key, body, condition);
        throw new Error('the connection was cut');
      },
    });
    const lease = await archiveOn(slow).lease(id, BY_HAND);
    hold = true;
    expect(await errorOf(lease.renew())).toMatchObject(fails('OUTCOME_UNKNOWN'));
    await late!();
    expect(await save(lease)).toBe(2);
    await lease.renew();
    expect(await save(lease)).toBe(3);
  });
});

describe('a store that was restored', () => {
  it('[PSP-LEASE-8] gives higher tokens, and refuses those from before', async () => {
    const lease = await archive.lease(id, { ttlMs: 60_000 });
    const epoch = await raiseEpoch(store);
    expect(await errorOf(save(lease))).toMatchObject(fails('FENCED', 'restored'));
    await lease.release();
    const next = await archive.lease(id, BY_HAND);
    expect(next.fence).toBe(epoch * 2 ** 32 + 1);
    expect(await save(next)).toBe(2);
  });
});

describe('gc', () => {
  it('[PSP-LEASE-6] ends what was leased and never saved, a day after the last renewal, and no other', async () => {
    const never = newSessionId();
    const lease = await archive.lease(never, BY_HAND);
    await archive.lease(id, BY_HAND);
    const later = { nowMs: Date.now() + 25 * HOUR_MS };
    expect(await archive.gc()).toMatchObject({ leases: 0 });
    expect(await archive.gc({ ...later, dryRun: true })).toMatchObject({ leases: 1 });
    const renewed = machine(store, 20 * HOUR_MS);
    const kept = await renewed.archive.lease(newSessionId(), BY_HAND);
    expect(await archive.gc(later)).toMatchObject({ leases: 1 });
    expect((await keysOf(store, 'l/')).toSorted()).toEqual([`l/${id}`, `l/${kept.id}`].toSorted());
    expect(await errorOf(lease.renew())).toMatchObject(fails('LEASE_LOST'));
    expect(await errorOf(archive.save(makeState({ id: never })))).toMatchObject(fails('DELETED'));
    expect((await renewed.archive.save(makeState({ id: kept.id }), { lease: kept })).metadata.version).toBe(1);
  });

  it('[PSP-LEASE-6] does not end a session whose first save comes at the same moment', async () => {
    const late = newSessionId();
    const lease = await archive.lease(late, { ttlMs: 60_000 });
    const { put } = store;
    const busy = changed(store, {
      put: async (key, body, condition) => {
        if (key === `h/${late}`) await archive.save(makeState({ id: late, secret: 'late' }), { lease });
        return put.call(store, key, body, condition);
      },
    });
    expect(await archiveOn(busy).gc({ nowMs: Date.now() + 25 * HOUR_MS })).toMatchObject({ leases: 0 });
    expect(await secretOf(archive, late)).toBe('late');
  });
});

describe('a process that was stopped for longer than its lease', () => {
  let program: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    program = await bundleProgram('lease-child');
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(dirname(program), { recursive: true, force: true });
  });

  /** A process that has the lease, and each line that it prints. */
  async function holder(root: string, ttlMs: number): Promise<{ child: ChildProcess; line(): Promise<string> }> {
    const args = [program, root, join(folder, 'key.json'), id, String(ttlMs)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return { child, line: async () => (await lines.next()).value as string };
  }

  it.each(['before it saves', 'while it saves'])('[PSP-LEASE-4] %s knows it, and saves nothing', async (when) => {
    const root = join(folder, `stopped ${when}`);
    const mine = archiveOn(new FsStore(root));
    await mine.save(makeState({ id, secret: 'start' }));
    const { child, line } = await holder(root, 1500);
    expect(await line()).toBe('leased 1');
    if (when === 'while it saves') {
      child.stdin!.write('save\n');
      expect(await line()).toBe('saving');
    }
    child.kill('SIGSTOP');
    const lease = await mine.lease(id, { ttlMs: 60_000, waitMs: 60_000 });
    expect(lease.fence).toBe(2);
    child.stdin!.write(when === 'while it saves' ? 'go on\n' : 'save\n');
    child.kill('SIGCONT');
    const said = [await line(), await line()].toSorted();
    expect(said).toEqual(['lost LEASE_LOST', expect.stringMatching(/^refused (LEASE_LOST|FENCED)$/)]);
    child.stdin!.write('held\nend\n');
    expect(await line()).toBe('held false');
    await once(child, 'exit');
    expect(await secretOf(mine, id)).toBe('start');
    const { revision: base } = await mine.metadata(id);
    const saved = await mine.save(makeState({ id, secret: 'mine' }), { base, lease });
    expect([saved.metadata.version, await secretOf(mine, id)]).toEqual([2, 'mine']);
  });
});
