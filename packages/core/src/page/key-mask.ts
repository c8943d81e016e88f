/**
 * Runs in the page's own world, before its scripts: keys (Web Cryptography API) are made extractable, and the page is told what it
 * asked for. Knows nothing of captures, which read keys in a world where nothing is masked.
 */

type Callable = (...args: never[]) => unknown;
type Handler = (native: Callable, self: unknown, args: unknown[]) => unknown;
type Scope = typeof globalThis & { CryptoKey?: typeof CryptoKey; SubtleCrypto?: typeof SubtleCrypto };

/** Which argument of each method says whether the key is to be extractable. */
const EXTRACTABLE_ARGUMENT: Readonly<Record<string, number>> = {
  generateKey: 1,
  importKey: 3,
  deriveKey: 3,
  unwrapKey: 5,
  encapsulateKey: 3,
  decapsulateKey: 4,
};
/** Which argument of each method is the key that leaves. */
const EXPORTING = ['exportKey', 'wrapKey'];
const EXPORTED_ARGUMENT = 1;

/** Does nothing where keys cannot be made: in insecure contexts. */
export function maskKeys(scope: Scope): void {
  const { CryptoKey: keyClass, SubtleCrypto: subtleClass } = scope;
  if (keyClass === undefined || subtleClass === undefined) return;
  const keys = new MaskedKeys(keyClass.prototype);
  const replacer = new Replacer();
  replacer.replace(
    keyClass.prototype,
    'extractable',
    (native, self) => call(native, self, []) === true && !keys.isMasked(self),
  );
  for (const [method, at] of Object.entries(EXTRACTABLE_ARGUMENT)) {
    replacer.replace(subtleClass.prototype, method, (native, self, args) => makeKey(keys, native, self, args, at));
  }
  for (const method of EXPORTING) {
    replacer.replace(subtleClass.prototype, method, (native, self, args) =>
      keys.isMasked(args[EXPORTED_ARGUMENT]) ? refusal() : call(native, self, args),
    );
  }
  replacer.hide(scope.Function.prototype);
}

// Taken before the page can put others in their place.
const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { get: mapGet, set: mapSet } = WeakMap.prototype;
const { add: setAdd, has: setHas } = WeakSet.prototype;
const NativeProxy = Proxy;
const NativeDOMException = DOMException;

const call = (native: Callable, self: unknown, args: unknown[]): unknown => apply(native as never, self, args);

/** What browsers say to who would export such a key. */
async function refusal(): Promise<never> {
  throw new NativeDOMException('key is not extractable', 'InvalidAccessError');
}

async function makeKey(
  keys: MaskedKeys,
  native: Callable,
  self: unknown,
  args: unknown[],
  at: number,
): Promise<unknown> {
  const wanted = Boolean(args[at]);
  if (wanted || args.length <= at) {
    const made = await call(native, self, args);
    keys.note(made, wanted);
    return made;
  }
  let made: unknown;
  try {
    made = await call(native, self, [...args.slice(0, at), true, ...args.slice(at + 1)]);
  } catch {
    // Some keys may not be extractable (PBKDF2, a JWK with `ext` false), and any other fault is to be told as ever.
    return call(native, self, args);
  }
  keys.note(made, false);
  return made;
}

/** What pages are told of each key. One that is not known comes out of storage or another document. */
class MaskedKeys {
  readonly #typeOf: Callable;
  /** Private and secret keys that this document made extractable. */
  readonly #shown = new WeakSet<object>();
  /** Public keys that this document imported as non-extractable. */
  readonly #hidden = new WeakSet<object>();

  constructor(prototype: object) {
    this.#typeOf = getOwnPropertyDescriptor(prototype, 'type')?.get as Callable;
  }

  isMasked(value: unknown): boolean {
    const type = this.#type(value);
    if (type === undefined) return false;
    const known = (set: WeakSet<object>): boolean => call(setHas, set, [value]) as boolean;
    return type === 'public' ? known(this.#hidden) : !known(this.#shown);
  }

  /** `made` is a key, or an object that holds keys. */
  note(made: unknown, wanted: boolean): void {
    const { privateKey, sharedKey } = made as { privateKey?: unknown; sharedKey?: unknown };
    for (const key of [made, privateKey, sharedKey]) {
      const type = this.#type(key);
      if (type === undefined) continue;
      const isPublic = type === 'public';
      // The public half of a generated pair is always extractable, and not among these.
      if (isPublic !== wanted) call(setAdd, isPublic ? this.#hidden : this.#shown, [key]);
    }
  }

  #type(value: unknown): unknown {
    try {
      return call(this.#typeOf, value, []);
    } catch {
      return undefined; // It is no key.
    }
  }
}

/** Puts proxies in the place of functions. They have the name, length and text of what they stand for. */
class Replacer {
  readonly #natives = new WeakMap<object, object>();

  /** A method, or the getter of a property. Nothing happens where the browser has none. */
  replace(holder: object, name: string, handler: Handler): void {
    const descriptor = getOwnPropertyDescriptor(holder, name);
    const native = (descriptor?.get ?? descriptor?.value) as Callable | undefined;
    if (descriptor === undefined || native === undefined) return;
    // Without a prototype, from which a page could add traps.
    const traps = Object.assign(Object.create(null) as object, {
      apply: (_target: unknown, self: unknown, args: unknown[]) => handler(native, self, args),
    });
    const proxy = new NativeProxy(native, traps);
    call(mapSet, this.#natives, [proxy, native]);
    const put: PropertyDescriptor = descriptor.get === undefined ? { value: proxy } : { get: proxy as () => unknown };
    // What is not named stays as it is.
    defineProperty(holder, name, put);
  }

  /** A proxy has no name in its text. */
  hide(functions: object): void {
    this.replace(functions, 'toString', (native, self, args) =>
      call(native, (call(mapGet, this.#natives, [self]) as unknown) ?? self, args),
    );
  }
}
