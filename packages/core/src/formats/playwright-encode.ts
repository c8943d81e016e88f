/**
 * From the wire form of values (spec/values.md) to the encoding that Playwright uses for IndexedDB in a storage state.
 * Playwright's encoding, as observed in version 1.65: scalars stand for themselves; `{v}` names a special scalar, `{bi}` a BigInt,
 * `{d}` a date, `{r}` a RegExp, `{e}` an Error, `{ta}` a typed array, `{ab}` an ArrayBuffer; `{o}`, `{a}`, `{m}`, `{s}` are objects,
 * arrays, Maps and Sets that carry an `id`, by which `{ref}` names them again.
 */
import { fromWireString, type WireString, type WireValue } from '@psp/protocol';

/** `value` when plain JSON can hold it, else `encoded`. `altered` says what comes back different. */
export type Encoding =
  | { readonly value: unknown }
  | { readonly encoded: unknown; readonly altered: readonly string[] }
  | { readonly unheld: string };

/** Playwright's names of the typed arrays; it has none for Float16Array and DataView. */
export const ARRAY_NAMES: Readonly<Record<string, { type: string; bytes: number }>> = {
  i8: { type: 'Int8Array', bytes: 1 },
  ui8: { type: 'Uint8Array', bytes: 1 },
  ui8c: { type: 'Uint8ClampedArray', bytes: 1 },
  i16: { type: 'Int16Array', bytes: 2 },
  ui16: { type: 'Uint16Array', bytes: 2 },
  i32: { type: 'Int32Array', bytes: 4 },
  ui32: { type: 'Uint32Array', bytes: 4 },
  f32: { type: 'Float32Array', bytes: 4 },
  f64: { type: 'Float64Array', bytes: 8 },
  bi64: { type: 'BigInt64Array', bytes: 8 },
  bui64: { type: 'BigUint64Array', bytes: 8 },
};

/** Playwright and JSON walk values recursively; deeper ones are left to formats that do not. */
const MAX_DEPTH = 150;

type Node = readonly unknown[];
type Prop = readonly [WireString, unknown];

interface Walk {
  readonly nodes: readonly Node[];
  readonly ids: Map<number, number>;
  readonly leaves: Set<number>;
  readonly altered: Set<string>;
  depth: number;
}

/** Thrown within this file only, for a kind that Playwright has no encoding for. */
class Unheld extends Error {}

export function toPlaywright(wire: WireValue): Encoding {
  if (wire === null || typeof wire !== 'object') return { value: wire };
  if ('json' in wire) return { value: wire.json };
  const walk: Walk = { nodes: wire.nodes, ids: new Map(), leaves: new Set(), altered: new Set(), depth: 0 };
  try {
    return { encoded: slot(walk, wire.root), altered: [...walk.altered] };
  } catch (error) {
    if (error instanceof Unheld) return { unheld: error.message };
    throw error;
  }
}

function slot(walk: Walk, value: unknown): unknown {
  if (value === null) return { v: 'null' };
  if (typeof value !== 'object') return value;
  const special = value as { ref?: number; number?: string; undefined?: true; bigint?: string; utf16?: string };
  if (special.ref !== undefined) return reference(walk, special.ref);
  if (special.number !== undefined) return { v: special.number };
  if (special.bigint !== undefined) return { bi: special.bigint };
  if (special.utf16 !== undefined) return fromWireString({ utf16: special.utf16 });
  return { v: 'undefined' };
}

function reference(walk: Walk, index: number): unknown {
  const id = walk.ids.get(index);
  if (id !== undefined) return { ref: id };
  const node = walk.nodes[index] ?? ['lost', 'nothing'];
  const encode = ENCODERS[String(node[0])];
  if (encode === undefined) throw new Unheld(nameOf(node));
  if (walk.depth >= MAX_DEPTH) throw new Unheld(`a value of more than ${MAX_DEPTH} levels`);
  walk.depth += 1;
  const encoded = encode(walk, node, index);
  walk.depth -= 1;
  return encoded;
}

/** Playwright gives ids to containers in the order in which it meets them, from 1. */
function container(walk: Walk, index: number): number {
  const id = walk.ids.size + 1;
  walk.ids.set(index, id);
  return id;
}

/** Dates, buffers and the like have no id: one that occurs twice comes back as two. */
function leaf(walk: Walk, index: number): void {
  if (walk.leaves.has(index)) walk.altered.add('objects that occur twice come back as two');
  walk.leaves.add(index);
}

function pairs(walk: Walk, props: readonly Prop[]): { k: string; v: unknown }[] {
  if (props.some(([name]) => name === '__proto__')) walk.altered.add('a property named __proto__ is left out');
  return props
    .filter(([name]) => name !== '__proto__')
    .map(([name, value]) => ({ k: fromWireString(name), v: slot(walk, value) }));
}

function items(walk: Walk, slots: readonly unknown[], props: unknown, id: number): unknown {
  if (props !== undefined) walk.altered.add('properties of an array beside its items are left out');
  return { a: slots.map((item) => slot(walk, item)), id };
}

const ENCODERS: Readonly<Record<string, (walk: Walk, node: Node, index: number) => unknown>> = {
  object(walk, [, props], index) {
    const id = container(walk, index);
    return { o: pairs(walk, props as Prop[]), id };
  },
  array: (walk, [, slots, props], index) => items(walk, slots as unknown[], props, container(walk, index)),
  sparse(walk, [, length, entries, props], index) {
    // A long sparse array would fill the file with holes.
    if ((length as number) > 100_000) throw new Unheld('a long array with holes');
    walk.altered.add('holes in an array come back as undefined');
    const slots: unknown[] = Array.from({ length: length as number }, () => ({ undefined: true }));
    for (const [at, value] of entries as [number, unknown][]) slots[at] = value;
    return items(walk, slots, props, container(walk, index));
  },
  map(walk, [, entries], index) {
    const id = container(walk, index);
    return { m: (entries as [unknown, unknown][]).map(([k, v]) => ({ k: slot(walk, k), v: slot(walk, v) })), id };
  },
  set(walk, [, members], index) {
    const id = container(walk, index);
    return { s: (members as unknown[]).map((member) => slot(walk, member)), id };
  },
  date(walk, [, time], index) {
    leaf(walk, index);
    // Any text that is no date makes `new Date` invalid; null, which Playwright itself writes, makes it 1970.
    return { d: time === null ? 'Invalid Date' : new Date(time as number).toISOString() };
  },
  regexp(walk, [, source, flags], index) {
    leaf(walk, index);
    return { r: { p: fromWireString(source as WireString), f: flags } };
  },
  buffer(walk, [, base64, maxByteLength], index) {
    leaf(walk, index);
    if (maxByteLength !== undefined) walk.altered.add('a resizable buffer comes back with a fixed length');
    return { ab: { b: base64 } };
  },
  view(walk, node, index) {
    leaf(walk, index);
    return typedArray(walk, node);
  },
  error(walk, [, name, members], index) {
    leaf(walk, index);
    const { message, stack, cause } = members as { message?: WireString; stack?: WireString; cause?: unknown };
    if (cause !== undefined) walk.altered.add('the cause of an Error is left out');
    return {
      e: {
        n: name,
        ...(message === undefined ? {} : { m: fromWireString(message) }),
        ...(stack === undefined ? {} : { s: fromWireString(stack) }),
      },
    };
  },
};

function typedArray(walk: Walk, node: Node): unknown {
  const [, type, slotOfBuffer, byteOffset, length] = node as [string, string, { ref: number }, number, number | null];
  const name = Object.keys(ARRAY_NAMES).find((key) => ARRAY_NAMES[key]?.type === type);
  if (name === undefined) throw new Unheld(type);
  leaf(walk, slotOfBuffer.ref);
  const buffer = Buffer.from(String(walk.nodes[slotOfBuffer.ref]?.[1]), 'base64');
  const width = ARRAY_NAMES[name]?.bytes ?? 1;
  const end = length === null ? buffer.length : byteOffset + length * width;
  if (length === null) walk.altered.add('a resizable buffer comes back with a fixed length');
  else if (byteOffset > 0 || end < buffer.length)
    walk.altered.add('a view of a part comes back with a buffer of that part only');
  return { ta: { b: buffer.subarray(byteOffset, end).toString('base64'), k: name } };
}

/** The name of a kind for a message: the class where the node tells it. */
function nameOf(node: Node): string {
  const [tag, type] = node;
  return tag === 'lost' || tag === 'geometry' ? String(type) : String(tag);
}
