/** Merging sessions: what one changed and none else, deletions, conflicts, and that no order matters. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeSessions, parseSessionDocument, type OriginState, type SessionDocument } from '../src/index.js';
import { isRecord, partsOf, storeIdentity } from '../src/parts.js';
import { isSame } from '../src/same.js';
import { aCookie, aDocument, anOrigin, aStore } from './documents.js';

const value = fc.constantFrom('1', '2');
/** Some of these names, each with a value. */
const some = <T>(names: readonly string[], make: (name: string, value: string) => T): fc.Arbitrary<T[]> =>
  fc
    .tuple(
      ...names.map((name) =>
        fc.option(
          value.map((one) => make(name, one)),
          { nil: undefined },
        ),
      ),
    )
    .map((list) => list.filter((one) => one !== undefined));

const records = (keys: readonly string[]) => some(keys, (key, one) => ({ key, value: one }));
const databases = fc
  .record({ isThere: fc.boolean(), version: fc.constantFrom(1, 2), items: records(['k', 'l']), log: records(['k']) })
  .map(({ isThere, version, items, log }) => {
    const indexes = version === 1 ? [] : [{ name: 'i', keyPath: 'x', unique: false, multiEntry: false }];
    return isThere
      ? [{ name: 'db', version, stores: [aStore({ records: items, indexes }), aStore({ name: 'log', records: log })] }]
      : [];
  });
const files = fc
  .record({ folder: fc.boolean(), inner: fc.option(value, { nil: undefined }) })
  .map(({ folder, inner }) => ({
    records: folder
      ? [
          { key: { json: ['f'] }, value: null },
          ...(inner === undefined ? [] : [{ key: { json: ['f', 'x', 0] }, value: bytes(inner) }]),
        ]
      : [],
  }));
const bytes = (text: string) => ({ nodes: [['buffer', Buffer.from(text).toString('base64')]], root: { ref: 0 } });

function places(key: Partial<OriginState>): fc.Arbitrary<OriginState[]> {
  const caches = some(['c'], (name, one) => ({ name, records: [{ key: 0, value: one }] }));
  return fc
    .record({
      isThere: fc.boolean(),
      localStorage: some(['x', 'y'], (name, one) => ({ name, value: one })),
      indexedDB: databases,
      caches,
      files,
    })
    .map(({ isThere, ...kinds }) => (isThere ? [anOrigin({ ...key, ...kinds })] : []));
}

const partition = { topLevelSite: 'https://shop.example', hasCrossSiteAncestor: true };
const parts = fc.record({
  cookies: some(['a', 'b'], (name, one) => aCookie({ name, value: one })),
  own: places({}),
  below: places({ partition }),
});
const cookiesBelow = some(['a'], (name, one) => aCookie({ name, value: one, partitionKey: partition }));

/** Sessions with distinct times, in any order. */
const session = (minute: number): fc.Arbitrary<SessionDocument> =>
  fc.tuple(parts, cookiesBelow).map(([{ cookies, own, below }, more]) =>
    aDocument({
      capturedAt: new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString(),
      cookies: [...cookies, ...more],
      origins: [...own, ...below],
      tabs: [{ url: `https://app.example/${minute}`, sessionStorage: [] }],
    }),
  );

const contents = (document: SessionDocument): Map<string, unknown> =>
  new Map(Array.from(partsOf(document), ({ identity, content }): [string, unknown] => [identity, content]).toSorted());

describe('merging', () => {
  test('[PSP-MRG-1] a session with itself is itself, with and without an ancestor', () => {
    fc.assert(
      fc.property(session(1), (one) => {
        for (const { document, conflicts } of [
          mergeSessions(one),
          mergeSessions(one, one),
          mergeSessions({ base: one, sessions: [one, one] }),
        ]) {
          expect(document).toEqual(one);
          expect(conflicts).toEqual([]);
        }
      }),
    );
  });

  test('[PSP-TRAP-22] [PSP-MRG-2] what was deleted in one session is not there again, whatever the others did with it', () => {
    fc.assert(
      fc.property(session(0), session(1), session(2), (base, one, two) => {
        const { document } = mergeSessions({ base, sessions: [one, two] });
        const merged = contents(document);
        for (const { identity, kind } of partsOf(base)) {
          const isDeleted = [one, two].some((side) => !contents(side).has(identity));
          // A place that got something new stays, for that alone.
          if (isDeleted && kind !== 'origin') expect(merged.has(identity)).toBe(false);
        }
      }),
    );
  });

  test('[PSP-MRG-3] what only one session changed is taken as it is, earlier or later', () => {
    fc.assert(
      fc.property(session(0), session(2), fc.constantFrom(1, 3), (base, one, minute) => {
        const idle = { ...base, capturedAt: new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString() };
        const { document, conflicts } = mergeSessions({ base, sessions: [idle, one] });
        expect(contents(document)).toEqual(contents(one));
        expect(conflicts).toEqual([]);
      }),
    );
  });

  test('[PSP-MRG-3] in whichever order they are given, and the result is a document', () => {
    const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
    fc.assert(
      fc.property(
        fc.option(session(0), { nil: undefined }),
        session(1),
        session(2),
        session(3),
        order,
        (base, a, b, c, at) => {
          const sessions = [a, b, c];
          const given = base === undefined ? {} : { base };
          const merged = mergeSessions({ ...given, sessions });
          const again = mergeSessions({ ...given, sessions: at.map((index) => sessions[index] as SessionDocument) });
          expect(again).toEqual(merged);
          parseSessionDocument(merged.document);
        },
      ),
    );
  });

  test('[PSP-MRG-4] without an ancestor nothing goes, and the later of two wins', () => {
    fc.assert(
      fc.property(session(1), session(2), (one, two) => {
        const { document } = mergeSessions(two, one);
        const merged = contents(document);
        const shapes = new Set(
          document.origins.flatMap((place) =>
            place.indexedDB.flatMap((database) =>
              database.stores.map((store) => storeIdentity(place, database, store)),
            ),
          ),
        );
        for (const part of partsOf(two)) expect(isSame(merged.get(part.identity), part.content)).toBe(true);
        for (const part of partsOf(one)) {
          // Records of a store of another shape cannot be in the one that won.
          const fits = !isRecord(part) || shapes.has(JSON.parse(part.identity)[0]);
          expect([part.identity, merged.has(part.identity)]).toEqual([part.identity, fits]);
        }
        expect(document.tabs).toEqual(two.tabs);
      }),
    );
  });
});

describe('a conflict', () => {
  const at = (minute: number, parts: Partial<SessionDocument>) =>
    aDocument({ capturedAt: `2025-01-01T00:0${minute}:00.000Z`, ...parts });
  const cookies = (of: string) => ({ cookies: [aCookie({ value: of })] });

  test('[PSP-MRG-5] is named with the time of the session that won', () => {
    const base = at(0, cookies('old'));
    const sessions = [at(2, cookies('later')), at(1, cookies('earlier'))];
    const { document, conflicts } = mergeSessions({ base, sessions });
    expect(document.cookies[0]?.value).toBe('later');
    const [later, earlier] = sessions.map(({ capturedAt }) => capturedAt);
    expect(conflicts).toEqual([
      { kind: 'cookie', origin: 'app.example', item: 'sid', kept: later, against: [earlier] },
    ]);
    const gone = mergeSessions({ base, sessions: [at(1, {}), at(2, cookies('later'))] });
    expect(gone.document.cookies).toEqual([]);
    expect(gone.conflicts).toEqual([
      { kind: 'cookie', origin: 'app.example', item: 'sid', kept: earlier, against: [later], deleted: true },
    ]);
  });

  test('[PSP-MRG-2] what a session did not look at it did not delete', () => {
    const state = anOrigin({ localStorage: [{ name: 'k', value: 'v' }], caches: [{ name: 'c', records: [] }] });
    const base = at(0, { ...cookies('v'), origins: [state] });
    const { caches: _, ...withoutCaches } = state;
    const lookedAway: Partial<SessionDocument>[] = [
      { ...cookies('v'), losses: [{ code: 'origins-may-be-missing', kind: 'origin' }] },
      { ...cookies('v'), losses: [{ code: 'origin-timeout', kind: 'origin', origin: state.origin }] },
      { ...cookies('v'), origins: [withoutCaches] },
      { origins: [state], losses: [{ code: 'cookies-may-be-missing', kind: 'cookie' }] },
      {
        ...cookies('v'),
        origins: [{ ...state, localStorage: [] }],
        choices: [{ exclude: [{ kind: 'localStorage' }] }],
      },
    ];
    for (const fields of lookedAway) {
      const { document } = mergeSessions({ base, sessions: [at(1, fields)] });
      expect(document).toMatchObject({ cookies: base.cookies, origins: base.origins });
    }
    const emptied = mergeSessions({
      base,
      sessions: [at(1, { ...cookies('v'), origins: [{ ...state, caches: [] }] })],
    });
    expect(emptied.document.origins[0]?.caches).toEqual([]);
  });

  test('a key generator stands behind the keys of all', () => {
    const place = (keyGenerator: number) =>
      anOrigin({ indexedDB: [{ name: 'db', version: 1, stores: [aStore({ autoIncrement: true, keyGenerator })] }] });
    const { document, conflicts } = mergeSessions(at(1, { origins: [place(9)] }), at(2, { origins: [place(4)] }));
    expect(document.origins[0]?.indexedDB[0]?.stores[0]?.keyGenerator).toBe(9);
    expect(conflicts).toEqual([]);
  });

  test('what the sessions are about together is what any of them includes', () => {
    const about = (minute: number, site: string) => at(minute, { choices: [{ include: [{ site }] }] });
    const { document } = mergeSessions(about(1, 'a.example'), about(2, 'b.example'));
    expect(document.choices).toEqual([{ include: [{ site: 'a.example' }, { site: 'b.example' }] }]);
    expect(mergeSessions(about(1, 'a.example'), at(2, {})).document.choices).toBeUndefined();
    const without = at(3, { choices: [{ exclude: [{ kind: 'tab' }] }] });
    expect(mergeSessions(without, without).document.choices).toEqual(without.choices);
    const unclear = () => mergeSessions(without, about(1, 'a.example'));
    expect(unclear).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
    expect(() => mergeSessions({ sessions: [] })).toThrow(/sessions: expected one or more/);
  });
});
