/** Arbitrary structured-clone values with hostile names, shared references and cycles, for property tests. */
import fc from 'fast-check';

const TEXTS = [
  '__proto__',
  'constructor',
  'toJSON',
  'length',
  'map',
  'entries',
  'valueOf',
  'json',
  'nodes',
  'ref',
  '',
  '\u2028',
  '</script>',
  '\ud800',
  '\udc00x',
  '😀',
  '\0',
];

export const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ maxLength: 6 }),
);

export const scalar = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom<unknown>(null, undefined, 0, -0, NaN, Infinity, -Infinity, 2 ** 53),
);

/** A value that holds itself no other. */
const leaf = fc.oneof(
  fc.date({ noInvalidDate: false }).map((date) => () => new Date(date)),
  fc.constantFrom('a', 'a(b)|\\d+', '[\u2028]', '/').map((source) => () => new RegExp(source, 'giu')),
  fc.oneof(text, fc.double(), fc.boolean(), fc.bigInt()).map((value) => () => Object(value) as object),
  fc.uint8Array({ maxLength: 32 }).map((bytes) => () => bytes.slice().buffer),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => () => resizable(bytes)),
  fc.tuple(fc.uint8Array({ maxLength: 9 }), text).map(
    ([bytes, type]) =>
      () =>
        new Blob([bytes], { type }),
  ),
  fc.tuple(fc.uint8Array({ maxLength: 9 }), text, fc.nat()).map(
    ([bytes, name, lastModified]) =>
      () =>
        new File([bytes], name, { lastModified }),
  ),
  fc.tuple(text, fc.constantFrom('DataCloneError', 'AbortError', 'own')).map(
    ([message, name]) =>
      () =>
        new DOMException(message, name),
  ),
);

function resizable(bytes: Uint8Array): ArrayBuffer {
  const constructor = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  const buffer = new constructor(bytes.length, { maxByteLength: bytes.length + 5 });
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

const VIEWS = [
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  DataView,
];
const ERRORS = [Error, TypeError, RangeError, URIError];

/** What stands in a slot: a scalar, or the number of a node (modulo the count of nodes). */
type SlotSpec = { value: unknown } | { node: number };
interface NodeSpec {
  readonly kind: number;
  readonly make: () => object;
  readonly names: string[];
  readonly slots: SlotSpec[];
}

const slotSpec: fc.Arbitrary<SlotSpec> = fc.oneof(
  scalar.map((value) => ({ value })),
  fc.nat(1000).map((node) => ({ node })),
);
const nodeSpec: fc.Arbitrary<NodeSpec> = fc.record({
  kind: fc.nat(8),
  make: leaf,
  names: fc.array(text, { maxLength: 4 }),
  slots: fc.array(slotSpec, { maxLength: 5 }),
});

function allocate({ kind, make, slots }: NodeSpec, buffers: ArrayBuffer[]): object {
  if (kind === 1) return [];
  if (kind === 2) return new Map();
  if (kind === 3) return new Set();
  if (kind === 4) return new ERRORS[slots.length % ERRORS.length]!('a message', { cause: undefined });
  if (kind === 5) {
    const view = VIEWS[slots.length % VIEWS.length]! as new (
      buffer: ArrayBuffer,
      offset: number,
      length: number,
    ) => object;
    return new view(buffers[slots.length % buffers.length]!, 8, 2);
  }
  if (kind >= 6) return make();
  return {};
}

function fill(object: object, { kind, names, slots }: NodeSpec, value: (slot: SlotSpec) => unknown): void {
  const define = (name: PropertyKey, slot: SlotSpec): object =>
    Object.defineProperty(object, name, { value: value(slot), writable: true, enumerable: true, configurable: true });
  if (kind === 0 || kind === 1)
    names.forEach((name, at) => void (name !== 'length' && define(name, slots[at] ?? { value: at })));
  // An odd step leaves holes.
  if (kind === 1) slots.forEach((slot, at) => void define(String(names.length === 1 ? at * 2 : at), slot));
  if (kind === 2)
    slots.forEach((slot, at) => void (object as Map<unknown, unknown>).set(value(slot), value(slots[at - 1] ?? slot)));
  if (kind === 3) slots.forEach((slot) => void (object as Set<unknown>).add(value(slot)));
  if (kind === 4) (object as Error).cause = slots[0] === undefined ? 1 : value(slots[0]);
}

/** A plan of up to ten objects, which the library can print; the values themselves are too hostile for that. */
export const plan = fc.array(nodeSpec, { minLength: 1, maxLength: 10 });

/** The value of a plan. */
export function build(specs: readonly NodeSpec[]): unknown {
  const buffers = [new ArrayBuffer(64), new Uint8Array(64).fill(7).buffer];
  const objects = specs.map((spec) => allocate(spec, buffers));
  const value = (slot: SlotSpec): unknown => ('node' in slot ? objects[slot.node % objects.length] : slot.value);
  specs.forEach((spec, at) => fill(objects[at]!, spec, value));
  return objects[0];
}
