/** States of sessions for the tests of payload, seal and archive. */
import { newSessionId, type IdbStore, type SessionDocument } from '@psp/protocol';
import type { RecordBatch, SessionState } from '../../src/state.js';

export interface StateOptions {
  readonly id?: string;
  readonly name?: string;
  readonly tags?: string[];
  /** Put into every kind of storage. */
  readonly secret?: string;
  readonly capturedAt?: string;
}

const store = (name: string): IdbStore => ({ name, keyPath: 'id', autoIncrement: false, indexes: [], records: [] });

export function makeDocument({
  id = newSessionId(),
  name = 'mail',
  tags = ['work'],
  secret = 'value',
  capturedAt,
}: StateOptions = {}): SessionDocument {
  const items = [{ name: 'token', value: secret }];
  return {
    format: 'psp-session',
    version: 1,
    id,
    name,
    tags,
    capturedAt: capturedAt ?? '2026-03-04T05:06:07.000Z',
    source: { engine: 'chromium', browserVersion: '140' },
    cookies: [
      {
        name: 'sid',
        value: secret.replaceAll(/[\s";\\]/g, ''),
        domain: 'app.example',
        hostOnly: true,
        path: '/',
        expires: 4_000_000_000,
        httpOnly: true,
        secure: true,
      },
    ],
    origins: [
      {
        origin: 'https://app.example',
        localStorage: items,
        indexedDB: [{ name: 'db', version: 1, stores: [store('a'), store('b')] }],
      },
      { origin: 'https://id.example', localStorage: [], indexedDB: [] },
    ],
    tabs: [
      {
        url: `https://app.example/?t=${encodeURIComponent(secret)}`,
        title: secret,
        sessionStorage: [{ origin: 'https://app.example', items }],
      },
    ],
    losses: [],
  };
}

export function batch(at: RecordBatch['at'], records: unknown[]): RecordBatch {
  return { at, count: records.length, json: Buffer.from(JSON.stringify(records)) };
}

/** Two stores with three records. */
export function makeState(options: StateOptions = {}): SessionState {
  const { secret = 'value' } = options;
  const record = (key: number) => ({ key, value: { json: { id: key, secret } } });
  return {
    document: makeDocument(options),
    batches: [batch([0, 0, 0], [record(1), record(2)]), batch([0, 0, 1], [record(3)])],
  };
}

export async function collectBatches({
  batches,
}: SessionState): Promise<{ at: RecordBatch['at']; count: number; records: unknown }[]> {
  const all = [];
  for await (const { at, count, json } of batches)
    all.push({ at, count, records: JSON.parse(Buffer.from(json).toString()) as unknown });
  return all;
}
