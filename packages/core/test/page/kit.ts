/** Runs in the page as `kit`: one value of each structured-clone kind, the same on every call, and IndexedDB in short words. */
import { difference } from './difference.js';

const bytes = (...numbers: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(numbers);

const circle = (): object => {
  const self: { self?: object; list: unknown[] } = { list: [] };
  self.self = self;
  self.list.push(self, [self]);
  return self;
};

const twice = (): object => {
  const shared = { a: 1 };
  return { first: shared, second: shared };
};

function deep(): object {
  const root: { next?: object; level?: number } = {};
  let last = root;
  // Deeper objects do not pass the structured clone of every engine.
  for (let level = 0; level < 900; level++) last = last.next = { level };
  return root;
}

function error(): Error {
  const inner = new RangeError('inner');
  const outer = new TypeError('outer', { cause: inner });
  inner.stack = 'RangeError: inner\n    at here';
  outer.stack = 'TypeError: outer\n    at there';
  return outer;
}

function pixels(): ImageData {
  const image = new ImageData(2, 2);
  image.data.set([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 8, 7, 255]);
  return image;
}

function views(): object {
  const buffer = bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).buffer;
  return {
    one: new Uint8Array(buffer, 2, 4),
    two: new Uint16Array(buffer, 4),
    data: new DataView(buffer, 8, 4),
    buffer,
  };
}

const resizable = (): ArrayBuffer => {
  const constructor = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  const buffer = new constructor(4, { maxByteLength: 8 });
  new Uint8Array(buffer).set([1, 2, 3, 4]);
  return buffer;
};

const float16 = (): object => {
  const constructor = (globalThis as unknown as { Float16Array: new (items: number[]) => object }).Float16Array;
  return new constructor([1.5, -0, Infinity]);
};

/** The key of RFC 7517, appendix A.2. */
const EC = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
const EC_PRIVATE = { ...EC, d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE' };
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' };

const holes = (): unknown[] => {
  const list: unknown[] = [];
  list[1] = 'one';
  list[4] = undefined;
  list.length = 7;
  return list;
};

/** What structured clone knows, by name. */
export const KINDS: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  true: () => true,
  false: () => false,
  zero: () => 0,
  'empty string': () => '',
  undefined: () => undefined,
  number: () => 1.5,
  '-0': () => -0,
  '-0 within': () => ({ value: [-0] }),
  NaN: () => NaN,
  infinities: () => [Infinity, -Infinity],
  bigint: () => -(2n ** 70n),
  'lone surrogate': () => ['\ud800', { '\udc00': 1 }],
  'hostile strings': () => ['</script>', '\u2028\u2029', '__proto__', 'constructor', '\0', '\n', '"\\'],
  'hostile names': () =>
    JSON.parse('{"__proto__":{"x":1},"constructor":2,"toJSON":3,"length":4,"then":5,"":6}') as object,
  date: () => new Date(86_400_000),
  'invalid date': () => new Date(NaN),
  regexp: () => /a(?<b>[/])\d+/giu,
  'boxed primitives': () => [new Boolean(false), new Number(5), new String('s'), Object(5n)],
  object: () => ({ a: { b: ['c', 1, true, null] } }),
  map: () =>
    new Map<unknown, unknown>([
      ['k', new Map([[{ a: 1 }, 1n]])],
      [NaN, undefined],
    ]),
  set: () => new Set<unknown>([1, 'a', { b: 2 }]),
  array: () => [1, 'two', [3]],
  holes,
  'array with properties': () => Object.assign([1], { map: 5, constructor: 6 }),
  circle,
  twice,
  deep,
  error,
  domexception: () => new DOMException('message', 'AbortError'),
  buffer: () => bytes(0, 255).buffer,
  resizable,
  views,
  'integer arrays': () => [
    new Int8Array([-1]),
    new Uint8ClampedArray([300]),
    new Int16Array([-2]),
    new Int32Array([-3]),
    new Uint32Array([4]),
  ],
  'float arrays': () => [new Float32Array([1.5]), new Float64Array([Math.PI, -0, NaN])],
  'bigint arrays': () => [new BigInt64Array([-1n]), new BigUint64Array([1n])],
  float16,
  blob: () => new Blob([bytes(0, 1, 255)], { type: 'text/x-test' }),
  file: () => new File(['content'], 'näme.txt', { type: 'text/plain', lastModified: 1234 }),
  'blob twice': () => {
    const blob = new Blob(['same']);
    return [blob, { blob }];
  },
  imagedata: pixels,
  imagebitmap: () => createImageBitmap(pixels()),
  points: () => [new DOMPoint(1, 2, 3, 4), new DOMPointReadOnly(NaN, -0)],
  rects: () => [new DOMRect(1, 2, 3, 4), new DOMRectReadOnly(0, 0, Infinity, 1)],
  matrices: () => [new DOMMatrix([1, 2, 3, 4, 5, 6]), DOMMatrixReadOnly.fromMatrix({ m34: 7, is2D: false })],
  quad: () => DOMQuad.fromRect({ x: 1, y: 2, width: 3, height: 4 }),
  'secret key': () =>
    crypto.subtle.importKey('raw', bytes(1, 2, 3, 4), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']),
  'private key': () => crypto.subtle.importKey('jwk', EC_PRIVATE, ECDSA, true, ['sign']),
  'public key': () => crypto.subtle.importKey('jwk', EC, ECDSA, true, ['verify']),
};

/** Keys of every type, in the order of IndexedDB. */
export const KEYS: readonly IDBValidKey[] = [
  -Infinity,
  -1.5,
  0,
  2 ** 53,
  new Date(-1),
  new Date(86_400_000),
  '',
  '</script>',
  '__proto__',
  'a/b',
  '\ud800',
  '\u{1f600}',
  bytes().buffer,
  bytes(1, 2).buffer,
  [],
  [1, new Date(0), ['x', bytes(255).buffer], -Infinity],
];

export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as DOMException);
  });
}

export function open(name: string, version?: number, upgrade?: (database: IDBDatabase) => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => upgrade?.(request.result);
  return result(request);
}

export const done = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error as DOMException);
  });

/** A database `kinds` with every kind under its name, and a store `keys` with every key. */
export async function seedKinds(): Promise<void> {
  const values = await Promise.all(Object.entries(KINDS).map(async ([name, make]) => [name, await make()] as const));
  const database = await open('kinds', 3, (made) => {
    made.createObjectStore('values');
    made.createObjectStore('keys');
  });
  const transaction = database.transaction(['values', 'keys'], 'readwrite');
  for (const [name, value] of values) transaction.objectStore('values').put(value, name);
  KEYS.forEach((key, at) => transaction.objectStore('keys').put(at, key));
  await done(transaction);
  database.close();
}

/** What is not as `seedKinds` made it, by name. */
export async function differingKinds(): Promise<string[]> {
  const database = await open('kinds');
  const wrong: string[] = [];
  for (const [name, make] of Object.entries(KINDS)) {
    const value: unknown = await result(database.transaction('values').objectStore('values').get(name));
    const found = await difference(await make(), value);
    if (found !== undefined) wrong.push(`${name}: ${found}`);
  }
  const keys = await result(database.transaction('keys').objectStore('keys').getAllKeys());
  const found = await difference([...KEYS], keys);
  if (found !== undefined) wrong.push(`keys: ${found}`);
  const order = await result(database.transaction('keys').objectStore('keys').getAll());
  if (String(order) !== String(KEYS.map((_, at) => at))) wrong.push(`keys: order ${String(order)}`);
  database.close();
  return wrong;
}
export { difference };
