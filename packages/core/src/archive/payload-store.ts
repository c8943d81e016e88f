/** Payloads in a store: sealed parts of at most 8 MiB and a sealed manifest, all create-only. Never a whole payload in memory. */
import { countSession, earliestExpiry, PspError, type SessionMetadata } from '@psp/protocol';
import { decodePayload, encodePayload, MAX_PAYLOAD_BYTES } from '../payload.js';
import { ByteReader } from '../seal/byte-reader.js';
import { openStream, sealStream } from '../seal/container.js';
import { RecordTokens } from '../record-tokens.js';
import type { RecordBatch, SessionState } from '../state.js';
import type { Store, StoredValue } from '../store/store.js';
import { collect } from './collect.js';
import { sha256, type CommittedVersion } from './head.js';
import { allKeys } from './keys.js';
import { manifestKey, partKey, partsPrefix, type WritePlace } from './place.js';
import { unheeded } from '../unheeded.js';

/** Well below what a store takes in one body: a part is in memory as a whole, and more than once while it is written. */
const PART_BYTES = 2 * 1024 * 1024;
/** Parts that are put or read ahead at once. */
const PARTS_AT_ONCE = 3;
const MAX_MANIFEST_BYTES = 1024 * 1024;
const FORMAT = 1;

/** What a payload says of itself; the rest of the metadata belongs to the head. */
export type PayloadFacts = Pick<SessionMetadata, 'bytes' | 'counts' | 'source' | 'expiresAt'>;

/** The sealed body of a manifest. */
export interface Manifest extends PayloadFacts {
  readonly capturedAt: string;
  readonly savedAt: string;
  readonly parts: number;
}

/** Writes parts and the manifest. All of them are durable when it returns; none is committed before a head names it. */
export async function writePayload(
  store: Store,
  place: WritePlace,
  dataKey: Uint8Array,
  state: SessionState,
  nowMs: number,
): Promise<{ manifest: Manifest; digest: string }> {
  const measured = measure(state);
  const sealed = new ByteReader(sealStream(fieldsOf(place, 'payload'), dataKey, measured.lines()));
  const puts = new Puts(store);
  try {
    let parts = 0;
    for (; !(await sealed.atEnd()); parts += 1) await puts.begin(partKey(place, parts), await sealed.read(PART_BYTES));
    const { capturedAt } = state.document;
    const manifest = { ...measured.facts(), capturedAt, savedAt: new Date(nowMs).toISOString(), parts };
    const body = [Buffer.from(JSON.stringify(manifest))];
    const bytes = await collect(sealStream(fieldsOf(place, 'manifest'), dataKey, body, 'none'));
    await puts.begin(manifestKey(place), bytes);
    await puts.allDone();
    return { manifest, digest: sha256(bytes) };
  } finally {
    await sealed.close();
    await puts.settled();
  }
}

/** Throws what `missing` gives where the manifest is not there, CORRUPT where it is not the one that the head names. */
export async function readManifest(
  store: Store,
  { id, version, writeId, manifest }: CommittedVersion & { id: string },
  dataKey: Uint8Array,
  missing: Missing,
): Promise<Manifest> {
  const place = { id, version, writeId };
  const where = `manifest of session ${id}, version ${version}`;
  const found = await store.get(manifestKey(place));
  if (found === undefined) throw await missing(where);
  if (sha256(found.body) !== manifest) throw new PspError('CORRUPT', `${where}: it is not the one that was saved`);
  const options = { where, expect: fieldsOf(place, 'manifest'), maxBytes: MAX_MANIFEST_BYTES };
  return JSON.parse((await collect(openStream([found.body], dataKey, options))).toString('utf8')) as Manifest;
}

/** Streams: the document is read now, parts of the batches as they are asked for. There is a first part for sure; `first` is its value. */
export async function readPayload(
  store: Store,
  place: WritePlace,
  dataKey: Uint8Array,
  { parts, first }: { parts: number; first: Promise<StoredValue | undefined> },
  missing: Missing,
): Promise<SessionState> {
  const where = `payload of session ${place.id}, version ${place.version}`;
  const options = { where, expect: fieldsOf(place, 'payload'), maxBytes: MAX_PAYLOAD_BYTES };
  const bodies = readParts(store, place, { parts, first, where }, missing);
  return decodePayload(openStream(bodies, dataKey, options));
}

/** Begun before it is known how many there are. Who does not wait for it need not mind its failure. */
export function readFirstPart(store: Store, place: WritePlace): Promise<StoredValue | undefined> {
  return unheeded(store.get(partKey(place, 0)));
}

/** Why something that a head names is not there: it was removed meanwhile, or it is lost. */
export type Missing = (where: string) => Promise<PspError>;

/** Removes the parts and the manifest of one write. */
export async function discardPayload(store: Store, place: WritePlace): Promise<void> {
  for await (const { key } of allKeys(store, partsPrefix(place))) await store.remove(key);
  await store.remove(manifestKey(place));
}

async function* readParts(
  store: Store,
  place: WritePlace,
  { parts, first, where }: { parts: number; first: Promise<StoredValue | undefined>; where: string },
  missing: Missing,
): AsyncGenerator<Uint8Array> {
  const ahead = [first];
  for (let part = 0; part < parts; part += 1) {
    for (let next = part + ahead.length; next < Math.min(part + PARTS_AT_ONCE, parts); next += 1)
      ahead.push(unheeded(store.get(partKey(place, next))));
    const found = await ahead.shift();
    if (found === undefined) throw await missing(`${where}, part ${part + 1} of ${parts}`);
    yield found.body;
  }
}

/** Some puts at once. None is under way any more when `settled` returns, so that what they wrote can be removed. */
class Puts {
  readonly #store: Store;
  readonly #running = new Set<Promise<void>>();
  readonly #all: Promise<void>[] = [];
  #hasFailed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Returns when there is room for another. Throws what one of those before threw. */
  async begin(key: string, body: Uint8Array): Promise<void> {
    if (this.#hasFailed) await this.allDone();
    const put = putNew(this.#store, key, body);
    this.#all.push(put);
    const end = put.catch(() => void (this.#hasFailed = true)).finally(() => this.#running.delete(end));
    this.#running.add(end);
    if (this.#running.size >= PARTS_AT_ONCE) await Promise.race(this.#running);
  }

  async allDone(): Promise<void> {
    await Promise.all(this.#all);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#all);
  }
}

/** The names of a write are its own, so when the reply was lost, the value itself tells whether it is there. */
async function putNew(store: Store, key: string, body: Uint8Array): Promise<void> {
  try {
    await store.put(key, body, { absent: true });
  } catch (error) {
    if (!(error instanceof PspError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    const found = await store.get(key);
    if (found === undefined || sha256(found.body) !== sha256(body)) throw error;
  }
}

const fieldsOf = ({ id, version, writeId }: WritePlace, kind: 'payload' | 'manifest') => ({
  v: FORMAT,
  kind,
  id,
  version,
  writeId,
});

/** The payload of a state, counted as it passes. */
function measure({ document, batches }: SessionState): { lines(): AsyncGenerator<Uint8Array>; facts(): PayloadFacts } {
  let bytes = 0;
  let records = 0;
  const tokens = new RecordTokens(document);
  async function* counted(): AsyncGenerator<RecordBatch> {
    for await (const batch of batches) {
      records += batch.count;
      tokens.add(batch);
      yield batch;
    }
  }
  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const chunk of encodePayload({ document, batches: counted() })) {
      bytes += chunk.byteLength;
      if (bytes > MAX_PAYLOAD_BYTES)
        throw new PspError('TOO_LARGE', `session ${document.id}: at most ${MAX_PAYLOAD_BYTES} bytes can be saved`);
      yield chunk;
    }
  }
  const facts = (): PayloadFacts => {
    const expiresAt = earliestExpiry(document, tokens.search.tokens);
    return {
      bytes,
      counts: countSession(document, [{ count: records }]),
      ...(document.source === undefined ? {} : { source: document.source }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  };
  return { lines, facts };
}
