/** Sessions and values for the tests of the formats. */
import type { Cookie, SessionDocument, WireValue } from '@psp/protocol';
import fc from 'fast-check';

/** Well-formed text with the characters that formats trip over. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const host = fc.constantFrom('example.com', 'a.example.com', 'localhost', '127.0.0.1', 'xn--bcher-kva.example');
const path = fc.constantFrom('/', '/app', '/a b', '/%2F');

/** Cookies with every attribute. Characters that no browser keeps in a cookie are left out. */
export const cookie: fc.Arbitrary<Cookie> = fc
  .record(
    {
      name: fc.string({ unit: 'grapheme-ascii', maxLength: 10 }).filter((name) => !/[;=]/.test(name)),
      value: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !/[;\p{Cc}]/u.test(value)),
      domain: host,
      hostOnly: fc.boolean(),
      path,
      expires: fc.integer({ min: 1, max: 4_000_000_000 }),
      httpOnly: fc.boolean(),
      secure: fc.boolean(),
      sameSite: fc.constantFrom('strict' as const, 'lax' as const, 'none' as const),
      partitionKey: fc.record({ topLevelSite: fc.constant('https://top.example'), hasCrossSiteAncestor: fc.boolean() }),
      priority: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      sourceScheme: fc.constantFrom('unset' as const, 'non-secure' as const, 'secure' as const),
      sourcePort: fc.integer({ min: -1, max: 65535 }),
    },
    { requiredKeys: ['name', 'value', 'domain', 'hostOnly', 'path', 'httpOnly', 'secure'] },
  )
  .filter(({ name, value }) => name !== '' || value !== '');

/** Without the attributes that a format has no field for. */
export function without(cookies: readonly Cookie[], attributes: readonly string[]): Cookie[] {
  return cookies.map(
    (one) => Object.fromEntries(Object.entries(one).filter(([name]) => !attributes.includes(name))) as Cookie,
  );
}

export function sessionOf(parts: Partial<SessionDocument>): SessionDocument {
  return {
    format: 'psp-session',
    version: 1,
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    name: 'test',
    tags: [],
    capturedAt: '2026-01-02T03:04:05.000Z',
    cookies: [],
    origins: [],
    tabs: [],
    losses: [],
    ...parts,
  };
}

/** Node tables of the kinds that Playwright can hold, with shared references and cycles among containers. */
export const heldValue: fc.Arbitrary<WireValue> = fc
  .array(fc.tuple(fc.constantFrom('object', 'array', 'map', 'set'), fc.infiniteStream(slot())), {
    minLength: 1,
    maxLength: 6,
  })
  .map((seeds) => {
    const nodes: unknown[][] = [];
    const resolve = (from: Slot): unknown => {
      if (from.kind === 'scalar') return from.scalar;
      if (from.kind === 'container') return { ref: from.at % seeds.length };
      const { node, buffer } = from;
      if (buffer === undefined) return { ref: nodes.push([...node]) - 1 };
      nodes.push(['buffer', buffer]);
      return { ref: nodes.push([node[0], node[1], { ref: nodes.length - 1 }, 0, node[2]]) - 1 };
    };
    seeds.forEach(() => nodes.push([]));
    seeds.forEach(([tag, stream], index) => {
      const next = (): unknown => resolve(stream.next().value as Slot);
      if (tag === 'object')
        nodes[index] = [
          'object',
          [
            ['a', next()],
            ['b c', next()],
            ['', next()],
          ],
        ];
      else if (tag === 'map')
        nodes[index] = [
          'map',
          [
            [next(), next()],
            [next(), next()],
          ],
        ];
      else nodes[index] = [tag, [next(), next(), next()]];
    });
    return { nodes, root: { ref: 0 } };
  });

interface Slot {
  kind: 'scalar' | 'container' | 'leaf';
  scalar: unknown;
  at: number;
  node: readonly unknown[];
  buffer?: string;
}

function slot(): fc.Arbitrary<Slot> {
  const bytes = fc
    .uint8Array({ maxLength: 4 })
    .map((array) => Buffer.from([...array, ...array, ...array, ...array, ...array, ...array, ...array, ...array]));
  const scalar = fc.oneof(
    text as fc.Arbitrary<unknown>,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0').map((number) => ({ number })),
    fc.constant({ undefined: true }),
    fc.bigInt().map((value) => ({ bigint: String(value) })),
    fc.constant({ utf16: Buffer.from('\ud800x', 'utf16le').toString('base64') }),
  );
  const leaf = fc.oneof(
    fc.date().map((date) => ({ node: ['date', Number.isNaN(date.getTime()) ? null : date.getTime()] })),
    fc.constant({ node: ['regexp', 'a+/', 'gi'] }),
    fc.record({ message: text, stack: text }).map((members) => ({ node: ['error', 'TypeError', members] })),
    bytes.map((buffer) => ({ node: ['buffer', buffer.toString('base64')] })),
    bytes.map((buffer) => ({ node: ['view', 'Float64Array', buffer.length / 8], buffer: buffer.toString('base64') })),
    bytes.map((buffer) => ({ node: ['view', 'Uint8Array', buffer.length], buffer: buffer.toString('base64') })),
  ) as fc.Arbitrary<{ node: readonly unknown[]; buffer?: string }>;
  const at = fc.nat({ max: 20 });
  return fc.oneof(
    scalar.map((value) => ({ kind: 'scalar' as const, scalar: value, at: 0, node: [] })),
    at.map((index) => ({ kind: 'container' as const, scalar: null, at: index, node: [] })),
    leaf.map((found) => ({ kind: 'leaf' as const, scalar: null, at: 0, ...found })),
  );
}

/**
 * The value as a text in which two tables of one graph are equal: objects named in the order of a walk from the root. A plain
 * tree reads as the table that it stands for.
 */
export function shapeOf(wire: WireValue): string {
  const nodes: (readonly unknown[])[] =
    wire !== null && typeof wire === 'object' && 'nodes' in wire ? [...wire.nodes] : [];
  const fromTree = (tree: unknown): unknown => {
    if (tree === null || typeof tree !== 'object') return tree;
    const content = Array.isArray(tree)
      ? ['array', tree.map(fromTree)]
      : ['object', Object.entries(tree).map(([name, value]) => [name, fromTree(value)])];
    return { ref: nodes.push(content) - 1 };
  };
  const root = wire !== null && typeof wire === 'object' ? ('json' in wire ? fromTree(wire.json) : wire.root) : wire;
  const names = new Map<number, number>();
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    const index = (value as { ref?: unknown }).ref;
    if (typeof index !== 'number')
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item)]));
    const known = names.get(index);
    if (known !== undefined) return { again: known };
    const name = names.size;
    names.set(index, name);
    return { name, node: walk(nodes[index]) };
  };
  return JSON.stringify(walk(root));
}
