/** The nodes of a value: one row for each tag (spec/values.md, "Nodes"). A new kind of value is a new row here and there. */
import { base64Length } from './base64.js';
import { fileNameProblem } from './file-name.js';
import { eachOf, expected, problem, typeName, under, unfit, type Problem } from './place.js';
import { numberSlotProblem, slotProblem } from './value-slots.js';
import { wireStringProblem } from './wire-string.js';

export type Node = readonly [tag: unknown, ...fields: unknown[]];

type Check = (field: unknown, nodes: readonly unknown[]) => Problem | undefined;

interface Row {
  readonly fields: readonly Check[];
  /** How many fields at the end may be left out. */
  readonly optional?: number;
  /** What the fields must be together, once each is right alone. */
  readonly together?: (fields: readonly unknown[], nodes: readonly unknown[]) => Problem | undefined;
}

const list =
  (check: Check): Check =>
  (field, nodes) =>
    Array.isArray(field) ? eachOf(field as unknown[], (item) => check(item, nodes)) : expected('array', field);

const tuple =
  (...checks: Check[]): Check =>
  (field, nodes) => {
    if (!Array.isArray(field) || field.length !== checks.length) return unfit(`array of ${checks.length}`, field);
    return eachOf(checks, (check, index) => check(field[index], nodes));
  };

const oneOf = (...names: string[]): Check => {
  const known: ReadonlySet<unknown> = new Set(names);
  return (field) => (known.has(field) ? undefined : expected(`one of ${names.join(', ')}`, field));
};

const integer =
  (minimum: number, maximum: number): Check =>
  (field) => {
    const fits = Number.isInteger(field) && (field as number) >= minimum && (field as number) <= maximum;
    return fits && !Object.is(field, -0) ? undefined : expected(`integer from ${minimum} to ${maximum}`, field);
  };

const orNull =
  (check: Check): Check =>
  (field, nodes) =>
    field === null ? undefined : check(field, nodes);

const string: Check = (field) => (typeof field === 'string' ? undefined : expected('string', field));
const literalFalse: Check = (field) => (field === false ? undefined : expected('false', field));
const base64: Check = (field) => (base64Length(field) === undefined ? unfit('base64', field) : undefined);
const size = integer(0, Number.MAX_SAFE_INTEGER);
const props = list(tuple(wireStringProblem, slotProblem));

/** The time value of a Date (ECMA-262, section 21.4.1.1). */
const time = integer(-8.64e15, 8.64e15);

/** Bytes of one element, by constructor. */
const VIEWS: Readonly<Record<string, number>> = {
  Int8Array: 1,
  Uint8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float16Array: 2,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
  DataView: 1,
};

/** How many numbers each class may have. */
const GEOMETRY: Readonly<Record<string, readonly number[]>> = {
  DOMPoint: [4],
  DOMPointReadOnly: [4],
  DOMRect: [4],
  DOMRectReadOnly: [4],
  DOMMatrix: [6, 16],
  DOMMatrixReadOnly: [6, 16],
  DOMQuad: [16],
};

const ERRORS = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

/** The tags and their fields. */
export const NODES: Readonly<Record<string, Row>> = {
  object: { fields: [props] },
  array: { fields: [list(slotProblem), props], optional: 1 },
  sparse: {
    fields: [integer(0, 2 ** 32 - 1), list(tuple(size, slotProblem)), props],
    optional: 1,
    together: sparseProblem,
  },
  map: { fields: [list(tuple(slotProblem, slotProblem))] },
  set: { fields: [list(slotProblem)] },
  date: { fields: [orNull(time)] },
  regexp: { fields: [wireStringProblem, string] },
  boxed: { fields: [boxedProblem] },
  buffer: { fields: [base64, size], optional: 1, together: bufferProblem },
  view: { fields: [oneOf(...Object.keys(VIEWS)), bufferRefProblem, size, orNull(size)], together: viewProblem },
  blob: { fields: [string, base64] },
  file: { fields: [wireStringProblem, string, integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), base64] },
  error: { fields: [oneOf(...ERRORS), errorMembersProblem] },
  domexception: { fields: [wireStringProblem, wireStringProblem] },
  imagedata: { fields: [size, size, string, base64, string], optional: 1, together: imageDataProblem },
  imagebitmap: {
    fields: [size, size, base64],
    together: ([width, height, data]) => pixelsProblem(width, height, data, 4, 3),
  },
  geometry: { fields: [oneOf(...Object.keys(GEOMETRY)), list(numberSlotProblem)], together: geometryProblem },
  cryptokey: {
    fields: [oneOf('raw', 'jwk'), keyDataProblem, algorithmProblem, list(string), literalFalse],
    optional: 1,
    together: keyFormatProblem,
  },
  handle: { fields: [oneOf('file', 'directory'), list(fileNameProblem)], together: handleProblem },
  lost: { fields: [string] },
};

/** The first fault of a node, or undefined. */
export function nodeProblem(node: unknown, nodes: readonly unknown[]): Problem | undefined {
  if (!Array.isArray(node) || node.length === 0) return unfit('a node', node);
  const [tag, ...fields] = node as unknown[];
  const row = typeof tag === 'string' && Object.hasOwn(NODES, tag) ? NODES[tag] : undefined;
  if (row === undefined) return under(0, unfit('a known tag', tag));
  const least = row.fields.length - (row.optional ?? 0);
  if (fields.length < least || fields.length > row.fields.length) {
    return problem(`expected ${least} to ${row.fields.length} fields after the tag, found ${fields.length}`);
  }
  for (let index = 0; index < fields.length; index++) {
    const found = row.fields[index]!(fields[index], nodes);
    if (found !== undefined) return under(index + 1, found);
  }
  return row.together?.(fields, nodes);
}

function sparseProblem([length, items]: readonly unknown[]): Problem | undefined {
  let after = -1;
  return under(
    2,
    eachOf(items as [number, unknown][], ([index]) => {
      const fits = index > after && index < (length as number);
      after = index;
      return fits ? undefined : problem('expected indexes that rise and stay below the length');
    }),
  );
}

function boxedProblem(slot: unknown, nodes: readonly unknown[]): Problem | undefined {
  const isReference =
    typeName(slot) === 'object' && (Object.hasOwn(slot as object, 'ref') || Object.hasOwn(slot as object, 'undefined'));
  if (slot === null || isReference) return expected('string, number, boolean or bigint', slot);
  return slotProblem(slot, nodes);
}

function bufferProblem([data, maxByteLength]: readonly unknown[]): Problem | undefined {
  if (maxByteLength === undefined || (maxByteLength as number) >= base64Length(data)!) return undefined;
  return problem('expected the length of the buffer or more, found less', 2);
}

function bufferRefProblem(slot: unknown, nodes: readonly unknown[]): Problem | undefined {
  if (typeName(slot) !== 'object' || !Object.hasOwn(slot as object, 'ref'))
    return expected('a reference to a buffer', slot);
  const found = slotProblem(slot, nodes);
  if (found !== undefined) return found;
  const target = nodes[(slot as { ref: number }).ref];
  return Array.isArray(target) && target[0] === 'buffer'
    ? undefined
    : problem('expected the number of a buffer, found another node', 'ref');
}

/** What would throw in the constructor of the view is refused here, with a place. */
function viewProblem(
  [type, ref, byteOffset, length]: readonly unknown[],
  nodes: readonly unknown[],
): Problem | undefined {
  const elementBytes = VIEWS[type as string]!;
  const [, data, maxByteLength] = nodes[(ref as { ref: number }).ref] as Node;
  const bytes = base64Length(data) ?? 0;
  if ((byteOffset as number) % elementBytes !== 0)
    return problem(`expected a multiple of ${elementBytes}, found another number`, 3);
  if (length === null && maxByteLength === undefined)
    return problem('expected a length, as the buffer is not resizable', 4);
  const end = (byteOffset as number) + ((length as number | null) ?? 0) * elementBytes;
  return end <= bytes
    ? undefined
    : problem(`expected a view within the ${bytes} bytes of its buffer, found a larger one`);
}

function errorMembersProblem(field: unknown, nodes: readonly unknown[]): Problem | undefined {
  if (typeName(field) !== 'object') return expected('object', field);
  for (const [name, member] of Object.entries(field as object)) {
    const check =
      name === 'cause' ? slotProblem : name === 'message' || name === 'stack' ? wireStringProblem : undefined;
    if (check === undefined) return problem('expected no member but message, stack and cause, found another');
    const found = check(member, nodes);
    if (found !== undefined) return under(name, found);
  }
  return undefined;
}

function imageDataProblem([width, height, , data, pixelFormat]: readonly unknown[]): Problem | undefined {
  return pixelsProblem(width, height, data, pixelFormat === 'rgba-float16' ? 8 : 4, 4);
}

function pixelsProblem(
  width: unknown,
  height: unknown,
  data: unknown,
  pixelBytes: number,
  at: number,
): Problem | undefined {
  const wanted = (width as number) * (height as number) * pixelBytes;
  const found = base64Length(data);
  return found === wanted ? undefined : problem(`expected ${wanted} bytes of pixels, found ${found}`, at);
}

function geometryProblem([type, numbers]: readonly unknown[]): Problem | undefined {
  const counts = GEOMETRY[type as string]!;
  return counts.includes((numbers as unknown[]).length)
    ? undefined
    : under(2, unfit(`${counts.join(' or ')} numbers`, numbers));
}

function keyDataProblem(field: unknown): Problem | undefined {
  return typeName(field) === 'object' ? undefined : base64(field, []);
}

function keyFormatProblem([format, data]: readonly unknown[]): Problem | undefined {
  const wanted = format === 'jwk' ? 'object' : 'string';
  return typeName(data) === wanted ? undefined : under(2, expected(wanted, data));
}

function handleProblem([kind, path]: readonly unknown[]): Problem | undefined {
  // The empty path is the root, which is a folder.
  return kind === 'directory' || (path as unknown[]).length > 0
    ? undefined
    : under(2, unfit('the path of a file', path));
}

function algorithmProblem(field: unknown): Problem | undefined {
  if (typeName(field) !== 'object') return expected('object', field);
  return under('name', string((field as { name?: unknown }).name, []));
}
