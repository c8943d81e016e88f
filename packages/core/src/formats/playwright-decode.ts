/** From Playwright's encoding of values (see playwright-encode.ts) to the wire form of values (spec/values.md). */
import { toWireString, type WireString, type WireValue } from '@psp/protocol';
import { misplaced, object, string, type JsonObject } from './place.js';
import { ARRAY_NAMES } from './playwright-encode.js';

/** A plain tree may have this many levels (spec/values.md, "Plain trees"). */
const MAX_PLAIN_DEPTH = 100;

const ERROR_NAMES = new Set([
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);
const SPECIAL: Readonly<Record<string, unknown>> = {
  undefined: { undefined: true },
  null: null,
  NaN: { number: 'NaN' },
  Infinity: { number: 'Infinity' },
  '-Infinity': { number: '-Infinity' },
  '-0': { number: '-0' },
};

interface Table {
  readonly nodes: unknown[][];
  /** Playwright's ids of the containers met so far, and their nodes. */
  readonly ids: Map<unknown, number>;
}

/** A `value` or `key` that stands as plain JSON. */
export function fromPlain(value: unknown): WireValue {
  if (typeof value === 'object' && value !== null && isPlainTree(value, 1)) return { json: value };
  const table: Table = { nodes: [], ids: new Map() };
  return simplest(table, plainSlot(table, value));
}

/** A `valueEncoded` or `keyEncoded`. Throws INVALID_DOCUMENT with the place of what is not of the encoding. */
export function fromEncoded(value: unknown, place: string): WireValue {
  const table: Table = { nodes: [], ids: new Map() };
  return simplest(table, encodedSlot(table, value, place));
}

/** Scalars stand for themselves in the wire form too. */
function simplest(table: Table, root: unknown): WireValue {
  if (root === null || typeof root !== 'object') return root as WireValue;
  const tree = treeOf(table, root);
  return tree === undefined ? { nodes: table.nodes, root } : { json: tree };
}

/** The plain tree that the table stands for, if it is one: objects, arrays and scalars, each object once. */
function treeOf(table: Table, root: unknown): unknown {
  if (table.nodes.some(([tag]) => tag !== 'object' && tag !== 'array')) return undefined;
  const seen = new Set<number>();
  const NONE = Symbol('not plain');
  const build = (value: unknown, level: number): unknown => {
    if (value === null || typeof value !== 'object') return value;
    const index = (value as { ref?: number }).ref;
    if (index === undefined || seen.has(index) || level > MAX_PLAIN_DEPTH) return NONE;
    seen.add(index);
    const [tag, content] = table.nodes[index] as [string, unknown[]];
    if (tag === 'array') {
      const items = content.map((item) => build(item, level + 1));
      return items.includes(NONE) ? NONE : items;
    }
    const props = (content as [WireString, unknown][]).map(([name, item]) => [name, build(item, level + 1)] as const);
    if (props.some(([name, item]) => item === NONE || typeof name !== 'string' || name === '__proto__')) return NONE;
    return Object.fromEntries(props as [string, unknown][]);
  };
  const tree = build(root, 1);
  return tree === NONE ? undefined : tree;
}

function isPlainTree(value: unknown, level: number): boolean {
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value === 'number') return !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  if (level > MAX_PLAIN_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isPlainTree(item, level + 1));
  return Object.entries(value).every(
    ([name, item]) => name !== '__proto__' && isWellFormed(name) && isPlainTree(item, level + 1),
  );
}

function plainSlot(table: Table, value: unknown): unknown {
  if (typeof value === 'string') return toWireString(value);
  if (Object.is(value, -0)) return { number: '-0' };
  if (typeof value !== 'object' || value === null) return value;
  const index = table.nodes.push([]) - 1;
  table.nodes[index] = Array.isArray(value)
    ? ['array', value.map((item) => plainSlot(table, item))]
    : ['object', Object.entries(value).map(([name, item]) => [toWireString(name), plainSlot(table, item)])];
  return { ref: index };
}

function encodedSlot(table: Table, value: unknown, place: string): unknown {
  if (typeof value === 'string') return toWireString(value);
  if (Object.is(value, -0)) return { number: '-0' };
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const fields = object(value, place);
  if ('ref' in fields) return backReference(table, fields.ref, place);
  const tag = Object.keys(DECODERS).find((key) => key in fields);
  const decode = tag === undefined ? undefined : DECODERS[tag];
  if (tag === undefined || decode === undefined) throw misplaced(place, "a value in Playwright's encoding", value);
  return decode(table, fields[tag], `${place}.${tag}`, fields.id);
}

function backReference(table: Table, id: unknown, place: string): unknown {
  const index = table.ids.get(id);
  if (index === undefined) throw misplaced(`${place}.ref`, 'the id of an earlier object', id);
  return { ref: index };
}

/** Takes the place of the node before its content is read, so that the content can refer to it. */
function container(table: Table, id: unknown, read: () => unknown[]): unknown {
  const index = table.nodes.push([]) - 1;
  if (id !== undefined) table.ids.set(id, index);
  table.nodes[index] = read();
  return { ref: index };
}

function leaf(table: Table, node: unknown[]): unknown {
  return { ref: table.nodes.push(node) - 1 };
}

function list(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw misplaced(place, 'array', value);
  return value;
}

function entries<K>(
  value: unknown,
  place: string,
  key: (value: unknown, place: string) => K,
  item: (value: unknown, place: string) => unknown,
): unknown[] {
  return list(value, place).map((pair, at) => {
    const fields = object(pair, `${place}[${at}]`);
    return [key(fields.k, `${place}[${at}].k`), item(fields.v, `${place}[${at}].v`)];
  });
}

type Decoder = (table: Table, content: unknown, place: string, id: unknown) => unknown;
const DECODERS: Readonly<Record<string, Decoder>> = {
  v(_table, content, place) {
    const name = string(content, place);
    if (!Object.hasOwn(SPECIAL, name)) throw misplaced(place, Object.keys(SPECIAL).join(' or '), content);
    return SPECIAL[name];
  },
  bi(_table, content, place) {
    const digits = string(content, place);
    if (!/^(0|-?[1-9]\d*)$/.test(digits)) throw misplaced(place, 'an integer in digits', content);
    return { bigint: digits };
  },
  d(table, content, place) {
    // Playwright writes null for an invalid date.
    const time = content === null ? Number.NaN : new Date(string(content, place)).getTime();
    return leaf(table, ['date', Number.isNaN(time) ? null : time]);
  },
  r(table, content, place) {
    const fields = object(content, place);
    return leaf(table, ['regexp', toWireString(string(fields.p, `${place}.p`)), string(fields.f, `${place}.f`)]);
  },
  e(table, content, place) {
    const fields = object(content, place);
    const name = string(fields.n, `${place}.n`);
    const message = fields.m === undefined ? {} : { message: toWireString(string(fields.m, `${place}.m`)) };
    const stack = fields.s === undefined ? {} : { stack: toWireString(string(fields.s, `${place}.s`)) };
    return leaf(table, ['error', ERROR_NAMES.has(name) ? name : 'Error', { ...message, ...stack }]);
  },
  ta: (table, content, place) => typedArray(table, object(content, place), place),
  ab: (table, content, place) => leaf(table, ['buffer', base64(object(content, place).b, `${place}.b`)]),
  a: (table, content, place, id) =>
    container(table, id, () => [
      'array',
      list(content, place).map((item, at) => encodedSlot(table, item, `${place}[${at}]`)),
    ]),
  o: (table, content, place, id) =>
    container(table, id, () => [
      'object',
      entries(
        content,
        place,
        (name, at) => toWireString(string(name, at)),
        (item, at) => encodedSlot(table, item, at),
      ),
    ]),
  m: (table, content, place, id) =>
    container(table, id, () => {
      const slotAt = (item: unknown, at: string): unknown => encodedSlot(table, item, at);
      return ['map', entries(content, place, slotAt, slotAt)];
    }),
  s: (table, content, place, id) =>
    container(table, id, () => [
      'set',
      list(content, place).map((item, at) => encodedSlot(table, item, `${place}[${at}]`)),
    ]),
};

function typedArray(table: Table, fields: JsonObject, place: string): unknown {
  const name = string(fields.k, `${place}.k`);
  const kind = Object.hasOwn(ARRAY_NAMES, name) ? ARRAY_NAMES[name] : undefined;
  if (kind === undefined) throw misplaced(`${place}.k`, Object.keys(ARRAY_NAMES).join(' or '), fields.k);
  const text = base64(fields.b, `${place}.b`);
  const bytes = Buffer.from(text, 'base64').length;
  if (bytes % kind.bytes !== 0) throw misplaced(`${place}.b`, `a multiple of ${kind.bytes} bytes`, fields.b);
  const buffer = leaf(table, ['buffer', text]);
  return leaf(table, ['view', kind.type, buffer, 0, bytes / kind.bytes]);
}

function base64(value: unknown, place: string): string {
  const text = string(value, place);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw misplaced(place, 'base64', value);
  return text;
}

/** Lone surrogates have a form of their own. */
function isWellFormed(text: string): boolean {
  return typeof toWireString(text) === 'string';
}
