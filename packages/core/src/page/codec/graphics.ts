/** Kinds of pictures and geometry: ImageData, ImageBitmap, and the DOMPoint, DOMRect, DOMMatrix and DOMQuad families. */
import { fromBase64, toBase64 } from './base64.js';
import { asClass, asCount, asList, asString } from './fields.js';
import type { Kind } from './kind.js';
import { type WireNode, WireError } from './wire.js';

const UNORM8 = 'rgba-unorm8';

/** What an ImageData is in browsers that have no colour spaces (HTML, "ImageData"). */
const SRGB = 'srgb';

/** `pixelFormat` is younger than the DOM types, and `colorSpace` than some browsers. */
type Picture = Omit<ImageData, 'colorSpace'> & { readonly pixelFormat?: string; readonly colorSpace?: string };

function readImageData(node: WireNode): ImageData {
  const [, width, height, colorSpace, base64, pixelFormat] = node;
  const bytes = fromBase64(asString(base64)).buffer;
  const settings: Record<string, unknown> = { colorSpace: asString(colorSpace) };
  if (pixelFormat !== undefined) settings['pixelFormat'] = asString(pixelFormat);
  const data = pixelFormat === undefined ? new Uint8ClampedArray(bytes) : floatPixels(bytes);
  const picture = makeImageData(data as Uint8ClampedArray<ArrayBuffer>, asCount(width), asCount(height), settings);
  // A browser without colour spaces ignores the wish for one.
  if ((picture.colorSpace ?? SRGB) !== colorSpace) throw new WireError('this browser has no such colour space');
  return picture;
}

function makeImageData(...[data, width, height, settings]: ConstructorParameters<typeof ImageData>): ImageData {
  try {
    return new ImageData(data, width, height, settings);
  } catch {
    throw new WireError('expected an ImageData that this browser can make');
  }
}

function floatPixels(bytes: ArrayBuffer): unknown {
  if (bytes.byteLength % 2 !== 0) throw new WireError('expected an even number of bytes');
  return new (asClass<new (buffer: ArrayBuffer) => unknown>('Float16Array', ['Float16Array']))(bytes);
}

export const imageDataKind: Kind = {
  classes: ['ImageData'],
  tags: ['imagedata'],
  write({ width, height, colorSpace, data, pixelFormat }: Picture) {
    const base64 = toBase64(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const tail = pixelFormat === undefined || pixelFormat === UNORM8 ? [] : [pixelFormat];
    return ['imagedata', width, height, colorSpace ?? SRGB, base64, ...tail];
  },
  read: readImageData,
};

export const imageBitmapKind: Kind = {
  classes: ['ImageBitmap'],
  tags: ['imagebitmap'],
  write(bitmap: ImageBitmap) {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (context === null) throw new WireError('this browser has no 2D canvas for pictures');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height, { colorSpace: 'srgb' });
    return ['imagebitmap', width, height, toBase64(new Uint8Array(data.buffer))];
  },
  read: ([, width, height, base64]) => createImageBitmap(readImageData(['imagedata', width, height, 'srgb', base64])),
};

const POINT = ['x', 'y', 'z', 'w'];
const RECT = ['x', 'y', 'width', 'height'];
const MATRIX_2D = ['a', 'b', 'c', 'd', 'e', 'f'];
const MATRIX_3D = [1, 2, 3, 4].flatMap((column) => [1, 2, 3, 4].map((row) => `m${column}${row}`));
const CORNERS = ['p1', 'p2', 'p3', 'p4'];

const pick = (object: object, names: string[]): number[] =>
  names.map((name) => (object as Record<string, number>)[name]!);

interface Shape {
  numbers(value: never): number[];
  /** The arguments of the constructor, or undefined when the count of numbers is wrong. */
  arguments(numbers: number[]): unknown[] | undefined;
}

const point: Shape = {
  numbers: (value: object) => pick(value, POINT),
  arguments: (numbers) => (numbers.length === 4 ? numbers : undefined),
};
const rect: Shape = {
  numbers: (value: object) => pick(value, RECT),
  arguments: (numbers) => (numbers.length === 4 ? numbers : undefined),
};
const matrix: Shape = {
  numbers: (value: DOMMatrixReadOnly) => pick(value, value.is2D ? MATRIX_2D : MATRIX_3D),
  arguments: (numbers) => (numbers.length === 6 || numbers.length === 16 ? [numbers] : undefined),
};
const quad: Shape = {
  numbers: (value: object) => CORNERS.flatMap((corner) => pick((value as Record<string, DOMPoint>)[corner]!, POINT)),
  arguments(numbers) {
    if (numbers.length !== 16) return undefined;
    const corner = (at: number): object =>
      Object.fromEntries(POINT.map((name, axis) => [name, numbers[at * 4 + axis]]));
    return [0, 1, 2, 3].map(corner);
  },
};

const SHAPES: Readonly<Record<string, Shape>> = {
  DOMPoint: point,
  DOMPointReadOnly: point,
  DOMRect: rect,
  DOMRectReadOnly: rect,
  DOMMatrix: matrix,
  DOMMatrixReadOnly: matrix,
  DOMQuad: quad,
};

export const geometryKind: Kind = {
  classes: Object.keys(SHAPES),
  tags: ['geometry'],
  write(value: object, writer) {
    const type = Object.prototype.toString.call(value).slice(8, -1);
    return ['geometry', type, SHAPES[type]!.numbers(value as never).map((number) => writer.slot(number))];
  },
  read([, type, slots], reader) {
    const constructor = asClass<new (...values: unknown[]) => object>(type, Object.keys(SHAPES));
    const numbers = asList(slots).map((slot) => reader.value(slot));
    if (!numbers.every((number) => typeof number === 'number')) throw new WireError('expected numbers');
    const values = SHAPES[type as string]!.arguments(numbers);
    if (values === undefined) throw new WireError('expected as many numbers as the shape has');
    return new constructor(...values);
  },
};
