/** Limits of size: what is larger goes whole, by name, and what a restore does of it. */
import { Chooser, type Loss, type SessionDocument } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import { captureState, type CapturedState } from '../src/capture.js';
import { limitState } from '../src/limit-state.js';
import { checkedMaxBytes } from '../src/max-bytes.js';
import { FakeDriver } from './support/fake-driver.js';
import { batch, collectBatches, makeDocument } from './support/session-state.js';

const origin = 'https://app.example';
const text = (length: number): string => 'x'.repeat(length);
const item = (name: string, length: number) => ({ name, value: text(length) });
const piece = (path: string[], offset: number, length: number) => ({
  key: { json: [...path, offset] },
  value: { buffer: text(length) },
});
const sizeOf = (records: unknown): number => JSON.stringify(records).length;

function captured(change: (document: SessionDocument) => SessionDocument, batches: CapturedState['batches'] = []) {
  return { document: change(makeDocument()), batches };
}

function withOrigin(more: Partial<SessionDocument['origins'][number]>, batches: CapturedState['batches'] = []) {
  return captured((document) => ({ ...document, origins: [{ ...document.origins[0]!, ...more }], tabs: [] }), batches);
}

const lossesOf = ({ document }: CapturedState): Loss[] => [...document.losses];

describe('[PSP-CHO-6] what is larger than allowed is left out whole, and is a loss by name', () => {
  test('items of localStorage and sessionStorage, in their order, each tab by itself', () => {
    const items = [item('a', 40), item('large', 400), item('b', 40), item('c', 40)];
    const area = [{ origin, items }];
    const tab = { url: `${origin}/`, sessionStorage: area };
    const state = captured((document) => ({
      ...document,
      origins: [{ origin, localStorage: items, indexedDB: [] }],
      tabs: [tab, tab],
    }));
    const { document } = limitState(state, { localStorage: 2 * sizeOf(items[0]), sessionStorage: sizeOf(items[0]) });
    expect(document.origins[0]!.localStorage.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(document.tabs.map((one) => one.sessionStorage[0]!.items.map(({ name }) => name))).toEqual([['a'], ['a']]);
    const lost = document.losses.map(({ kind, item: name }) => `${kind} ${name}`);
    const session = ['sessionStorage large', 'sessionStorage b', 'sessionStorage c'];
    expect(lost).toEqual(['localStorage large', 'localStorage c', ...session, ...session]);
    const size = sizeOf(items[1]);
    expect(document.losses[0]).toEqual({
      code: 'larger-than-allowed',
      kind: 'localStorage',
      origin,
      item: 'large',
      detail: `the item has ${size} bytes beside ${sizeOf(items[0])} of other items, and maxBytes is ${2 * sizeOf(items[0])}`,
      advice: 'Raise `maxBytes` for this kind, or exclude the item.',
    });
  });

  test('a store with all its batches, whose shape stays and which a restore leaves alone, in its own place only', async () => {
    const large = [{ key: 1, value: { json: text(300) } }];
    const small = [{ key: 1, value: { json: 1 } }];
    const batches = [batch([0, 0, 0], large), batch([0, 0, 0], large), batch([0, 0, 1], small)];
    const limit = sizeOf(large) + sizeOf(small);
    const left = limitState(withOrigin({}, batches), { indexedDB: limit });
    expect(left.document.origins[0]!.indexedDB[0]!.stores.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await collectBatches(left)).map(({ at }) => at)).toEqual([[0, 0, 1]]);
    expect(lossesOf(left).map(({ item: name }) => name)).toEqual(['db/a']);
    const chooser = new Chooser(left.document.choices);
    const takes = (store: string, place: { bucket?: { name: string } }) =>
      chooser.takes('indexedDB', { origin, ...place }, ['db', store]);
    expect([takes('db/a', {}), takes('db/b', {}), takes('db/a', { bucket: { name: 'drafts' } })]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('a cache, after which the others keep their entries', async () => {
    const caches = ['one', 'two', 'three'].map((name) => ({ name, records: [] }));
    const entry = (length: number) => [{ key: 0, value: { json: text(length) } }];
    const batches = [4, 400, 4].map((length, at) => batch([0, 'caches', at], entry(length)));
    const left = limitState(withOrigin({ caches }, batches), { cache: 300 });
    expect(left.document.origins[0]!.caches!.map(({ name }) => name)).toEqual(['one', 'three']);
    expect(await collectBatches(left)).toEqual([
      { at: [0, 'caches', 0], count: 1, records: entry(4) },
      { at: [0, 'caches', 1], count: 1, records: entry(4) },
    ]);
    expect(lossesOf(left)).toMatchObject([{ code: 'larger-than-allowed', kind: 'cache', item: 'two' }]);
  });

  test('a file with all its pieces, over several batches; its folder stays', async () => {
    const folder = { key: { json: ['docs'] }, value: null };
    const [first, second] = [piece(['docs', 'large'], 0, 200), piece(['docs', 'large'], 200, 200)];
    const small = piece(['docs', 'small'], 0, 20);
    const batches = [batch([0, 'files', 0], [folder, first]), batch([0, 'files', 0], [second, small])];
    const left = limitState(withOrigin({ files: { records: [] } }, batches), { file: 300 });
    expect(await collectBatches(left)).toEqual([
      { at: [0, 'files', 0], count: 1, records: [folder] },
      { at: [0, 'files', 0], count: 1, records: [small] },
    ]);
    expect(lossesOf(left)).toMatchObject([{ kind: 'file', item: 'docs/large' }]);
    // The path is for the page: the files are still chosen as a whole.
    const chooser = new Chooser(left.document.choices);
    expect(chooser.takes('file', { origin })).toBe(true);
    expect(chooser.nameRules('file', { origin })).toEqual([{ exclude: ['docs/large'] }]);
  });

  test('nothing where everything fits', () => {
    const state = withOrigin({}, [batch([0, 0, 0], [{ key: 1, value: { json: 1 } }])]);
    expect(limitState(state, { localStorage: 1e6, indexedDB: 1e6, cache: 1, file: 1 })).toEqual(state);
  });

  test.each([
    [{ cookie: 1 }, /^maxBytes\.cookie: expected one of localStorage/],
    [{ cache: 0 }, /^maxBytes\.cache: .*found 0/],
    [{ file: 1.5 }, /^maxBytes\.file: .*found 1\.5/],
    [{ indexedDB: '5' }, /^maxBytes\.indexedDB: .*found string/],
    [[], /^maxBytes: /],
  ])('the limit %j is refused before a browser is asked', async (maxBytes, message) => {
    const refused = { code: 'INVALID_INPUT', message: expect.stringMatching(message) as string };
    expect(() => checkedMaxBytes(maxBytes as never)).toThrow(expect.objectContaining(refused));
    const named = { id: makeDocument().id, name: 'limited', maxBytes: maxBytes as never };
    await expect(captureState(new FakeDriver(), named)).rejects.toMatchObject(refused);
  });
});
