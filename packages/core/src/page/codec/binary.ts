/** Kinds made of bytes: ArrayBuffer and its views, Blob and File. */
import { fromBase64, toBase64 } from './base64.js';
import { asClass, asCount, asNumber, asString } from './fields.js';
import type { Kind, NodeReader } from './kind.js';
import { fromWireString, toWireString } from './text.js';
import { type WireNode, WireError } from './wire.js';

/** ECMAScript 2024; the DOM types of TypeScript's es2023 lack it. */
interface ResizableBuffer extends ArrayBuffer {
  readonly resizable?: boolean;
  readonly maxByteLength: number;
  resize(byteLength: number): void;
}
type View = ArrayBufferView & { readonly length?: number; readonly BYTES_PER_ELEMENT?: number };
type ViewConstructor = new (buffer: ArrayBuffer, byteOffset: number, length?: number) => ArrayBufferView;

const VIEWS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
];

/** Base64 takes four characters for three bytes. */
const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;

export const bufferKind: Kind = {
  classes: ['ArrayBuffer'],
  tags: ['buffer'],
  write(buffer: ResizableBuffer) {
    const base64 = toBase64(new Uint8Array(buffer));
    return buffer.resizable === true ? ['buffer', base64, buffer.maxByteLength] : ['buffer', base64];
  },
  read([, base64, maxByteLength]) {
    const bytes = fromBase64(asString(base64));
    if (maxByteLength === undefined) return bytes.buffer;
    return resizable(bytes, asCount(maxByteLength));
  },
};

function resizable(bytes: Uint8Array, maxByteLength: number): ArrayBuffer {
  const constructor = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ResizableBuffer;
  try {
    const buffer = new constructor(bytes.length, { maxByteLength });
    // An engine without resizable buffers ignores the option.
    if (buffer.resizable !== true) throw new WireError('this browser has no resizable ArrayBuffer');
    new Uint8Array(buffer).set(bytes);
    return buffer;
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('expected a maxByteLength that this browser can reserve');
  }
}

export const viewKind: Kind = {
  classes: VIEWS,
  tags: ['view'],
  write(view: View, writer) {
    const type = Object.prototype.toString.call(view).slice(8, -1);
    const length = followsLength(view) ? null : (view.length ?? view.byteLength);
    return ['view', type, writer.slot(view.buffer), view.byteOffset, length];
  },
  read: readView,
};

function readView([, type, slot, byteOffset, length]: WireNode, reader: NodeReader): ArrayBufferView {
  const constructor = asClass<ViewConstructor>(type, VIEWS);
  const buffer = reader.value(slot);
  if (Object.prototype.toString.call(buffer) !== '[object ArrayBuffer]') throw new WireError('expected a buffer');
  try {
    if (length === null) return new constructor(buffer as ArrayBuffer, asCount(byteOffset));
    return new constructor(buffer as ArrayBuffer, asCount(byteOffset), asCount(length));
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('expected a view within its buffer');
  }
}

/**
 * True when the view follows the length of its resizable buffer. The language has no property that tells, so the buffer is
 * resized for a moment: a view of fixed length is then out of bounds or as long as before.
 */
function followsLength(view: View): boolean {
  const buffer = view.buffer as ResizableBuffer;
  if (buffer.resizable !== true) return false;
  const { byteOffset, byteLength } = view;
  const probe = byteLength === 0 ? byteOffset + (view.BYTES_PER_ELEMENT ?? 1) : byteOffset;
  if (probe > buffer.maxByteLength) return false;
  const bytes = new Uint8Array(buffer).slice();
  try {
    buffer.resize(probe);
    return isInBounds(view) && view.byteLength !== byteLength;
  } finally {
    buffer.resize(bytes.length);
    new Uint8Array(buffer).set(bytes);
  }
}

function isInBounds(view: View): boolean {
  try {
    // Both throw TypeError out of bounds, where a plain `length` would say 0.
    if (view instanceof DataView) return view.byteLength >= 0;
    (view as Uint8Array).keys();
    return true;
  } catch {
    return false;
  }
}

export const blobKind: Kind = {
  classes: ['Blob'],
  tags: ['blob'],
  write: (blob: Blob) => ({
    bytes: base64Length(blob.size),
    make: async () => ['blob', blob.type, toBase64(new Uint8Array(await blob.arrayBuffer()))],
  }),
  read: ([, type, base64]) => new Blob([fromBase64(asString(base64))], { type: asString(type) }),
};

export const fileKind: Kind = {
  classes: ['File'],
  tags: ['file'],
  write: (file: File) => ({
    bytes: base64Length(file.size),
    async make() {
      const base64 = toBase64(new Uint8Array(await file.arrayBuffer()));
      return ['file', toWireString(file.name), file.type, file.lastModified, base64];
    },
  }),
  read([, name, type, lastModified, base64]) {
    const bytes = fromBase64(asString(base64));
    return new File([bytes], fromWireString(name), { type: asString(type), lastModified: asNumber(lastModified) });
  },
};
