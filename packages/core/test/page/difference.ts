/** Compares two structured-clone values deeply, identities included. Runs in Node and in pages. Knows nothing of the codec. */

type Step = [path: string, left: unknown, right: unknown];
type Compare = (left: never, right: never) => Step[] | Promise<Step[]>;

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const steps = (left: object, right: object, names: readonly string[]): Step[] =>
  names.map((name) => [name, (left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]]);

const members: Compare = (left: object, right: object) => [
  ['keys', JSON.stringify(Object.keys(left)), JSON.stringify(Object.keys(right))],
  ...Object.keys(left).map((name): Step => {
    const value = (from: object): unknown => Object.getOwnPropertyDescriptor(from, name)?.value;
    return [JSON.stringify(name), value(left), value(right)];
  }),
];

const bytesOf = (view: ArrayBufferView): string =>
  String(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));

const sequence = (left: Iterable<unknown>, right: Iterable<unknown>): Step[] => {
  const [some, others] = [[...left], [...right]];
  return [['size', some.length, others.length], ...some.map((item, at): Step => [`#${at}`, item, others[at]])];
};

const compareBuffers: Compare = (left: ArrayBuffer, right: ArrayBuffer) => [
  ['bytes', bytesOf(new Uint8Array(left)), bytesOf(new Uint8Array(right))],
  ...steps(left, right, ['byteLength', 'resizable', 'maxByteLength']),
];

const compareViews: Compare = (left: ArrayBufferView, right: ArrayBufferView) =>
  steps(left, right, ['byteOffset', 'byteLength', 'length', 'buffer']);

const compareErrors: Compare = (left: Error, right: Error) => [
  ...['message', 'cause', 'stack'].map((name): Step => [
    `has ${name}`,
    Object.hasOwn(left, name),
    Object.hasOwn(right, name),
  ]),
  ...steps(left, right, ['name', 'message', 'stack', 'cause']),
];

const compareBlobs: Compare = async (left: File, right: File) => [
  ...steps(left, right, ['size', 'type', 'name', 'lastModified']),
  ['bytes', String(new Uint8Array(await left.arrayBuffer())), String(new Uint8Array(await right.arrayBuffer()))],
];

const compareImageData: Compare = (left: ImageData, right: ImageData) => [
  ...steps(left, right, ['width', 'height', 'colorSpace', 'pixelFormat']),
  ['bytes', bytesOf(left.data), bytesOf(right.data)],
];

function pixels(bitmap: ImageBitmap): string {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return bytesOf(context.getImageData(0, 0, bitmap.width, bitmap.height).data);
}

const compareBitmaps: Compare = (left: ImageBitmap, right: ImageBitmap) => [
  ...steps(left, right, ['width', 'height']),
  ['pixels', pixels(left), pixels(right)],
];

const AXES = ['x', 'y', 'z', 'w', 'width', 'height', 'is2D', 'p1', 'p2', 'p3', 'p4'];
const CELLS = [1, 2, 3, 4].flatMap((column) => [1, 2, 3, 4].map((row) => `m${column}${row}`));
const compareGeometry: Compare = (left: object, right: object) => steps(left, right, [...AXES, ...CELLS]);

/** Engines list the members of an algorithm in any order. */
const sorted = (algorithm: object): string => JSON.stringify(Object.entries(algorithm).sort());

const compareKeys: Compare = async (left: CryptoKey, right: CryptoKey) => {
  const exported = async (key: CryptoKey): Promise<string> =>
    key.extractable ? JSON.stringify(await crypto.subtle.exportKey('jwk', key)) : '';
  return [
    ...steps(left, right, ['type', 'extractable']),
    ['usages', [...left.usages].sort().join(), [...right.usages].sort().join()],
    ['algorithm', sorted(left.algorithm), sorted(right.algorithm)],
    ['key', await exported(left), await exported(right)],
  ];
};

const boxed: Compare = (left: object, right: object) => [['value', left.valueOf(), right.valueOf()]];

const TABLE: Record<string, Compare> = {
  Object: members,
  Array: (left: unknown[], right: unknown[]) => [
    ['length', left.length, right.length],
    ...(members(left as never, right as never) as Step[]),
  ],
  Map: (left: Map<unknown, unknown>, right: Map<unknown, unknown>) => sequence([...left].flat(1), [...right].flat(1)),
  Set: (left: Set<unknown>, right: Set<unknown>) => sequence(left, right),
  Date: (left: Date, right: Date) => [['time', left.getTime(), right.getTime()]],
  RegExp: (left: RegExp, right: RegExp) => steps(left, right, ['source', 'flags']),
  Boolean: boxed,
  Number: boxed,
  String: boxed,
  BigInt: boxed,
  Error: compareErrors,
  DOMException: (left: DOMException, right: DOMException) => steps(left, right, ['name', 'message', 'code']),
  ArrayBuffer: compareBuffers,
  DataView: compareViews,
  Blob: compareBlobs,
  File: compareBlobs,
  ImageData: compareImageData,
  ImageBitmap: compareBitmaps,
  CryptoKey: compareKeys,
};

function comparerOf(tag: string): Compare {
  if (tag.endsWith('Array') && tag !== 'Array') return compareViews;
  if (tag.startsWith('DOM') && tag !== 'DOMException') return compareGeometry;
  const found = TABLE[tag];
  if (found === undefined) throw new Error(`The comparer does not know ${tag}`);
  return found;
}

const show = (value: unknown): string =>
  Object.is(value, -0)
    ? '-0'
    : `${typeof value} ${tagOf(value)} ${String(typeof value === 'object' ? '' : value).slice(0, 300)}`;

/** Where the first difference is, or undefined when there is none. Without recursion, so that depth is no limit. */
export async function difference(left: unknown, right: unknown): Promise<string | undefined> {
  const partners = [new Map<object, object>(), new Map<object, object>()] as const;
  const work: Step[] = [['value', left, right]];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    const [path, some, other] = step;
    if (typeof some !== 'object' || some === null || typeof other !== 'object' || other === null) {
      if (Object.is(some, other)) continue;
      return `${path}: ${show(some)} became ${show(other)}`;
    }
    const partner = partners[0].get(some);
    if (partner !== undefined || partners[1].has(other)) {
      if (partner === other) continue;
      return `${path}: another object than where it was met first`;
    }
    if (tagOf(some) !== tagOf(other)) return `${path}: ${tagOf(some)} became ${tagOf(other)}`;
    partners[0].set(some, other);
    partners[1].set(other, some);
    const next = await comparerOf(tagOf(some))(some as never, other as never);
    // A path of twenty thousand names would be twenty thousand times too long.
    for (const [name, ...pair] of next.reverse()) work.push([`${path.slice(-200)}.${name}`, ...pair]);
  }
  return undefined;
}
