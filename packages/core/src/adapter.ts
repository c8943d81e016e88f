/** What all adapters share: where sessions are kept, and how one begins. An adapter adds how to reach the browser of a page. */
import { newSessionId, parseChoice, PspError, type ChoiceInput } from '@psp/protocol';
import { Archive, type Keep } from './archive.js';
import { keptUntil } from './archive/metadata.js';
import type { BrowserDriver } from './browser/driver.js';
import { checkedOrigin } from './checked-origin.js';
import { checkKeyOptions, type KeyOptions, withKeyOptions } from './exportable-keys.js';
import { checkedMaxBytes, type MaxBytes } from './max-bytes.js';
import { NamedAccess, type NamedAccessOptions } from './named-access.js';
import { openKeySource } from './seal/key-file.js';
import { Session, type SessionContext } from './session.js';
import { openStore } from './store/open.js';
import type { Store } from './store/store.js';
import { checkedTimeout } from './timeout.js';

/** `'local'`, a store URL (`file:`, `memory:`), or a store object. */
export type Storage = string | Store;

export interface AdapterOptions {
  /** Where sessions are kept unless a call says otherwise. Default: `PSP_STORE`, else `'local'`. */
  readonly storage?: Storage;
  /** The key file. Default: `PSP_KEY_FILE`, else one in the user's configuration folder, made at first use. */
  readonly keyFile?: string;
  /** Which versions of a session stay: `{ versions: 20, days: 30 }`. Default: 10, however old. */
  readonly keep?: Keep;
  /** Called with the few things that a person should be told once (a new key file). Default: a line on standard error. */
  readonly onNotice?: (text: string) => void;
  /** Milliseconds for each call to the browser that nothing should block. Default 30,000. */
  readonly timeoutMs?: number;
}

/** `include` and `exclude` choose what belongs to the session, at every capture of this object. */
export interface CreateSessionOptions extends ChoiceInput, KeyOptions, NamedAccessOptions {
  /** For people; several sessions may share a name. */
  readonly name: string;
  readonly storage?: Storage;
  readonly tags?: readonly string[];
  /** Origins to capture besides those that PSP finds: `['https://app.example']`. */
  readonly origins?: readonly string[];
  /** Most bytes of a kind in one storage place (of sessionStorage in one tab and origin), as JSON: `{ indexedDB: 50_000_000 }`. */
  readonly maxBytes?: MaxBytes;
  /** Milliseconds after its first capture at which the session is gone from the store. Default: it stays. */
  readonly keepForMs?: number;
}

export abstract class SessionAdapter<P> {
  readonly #archives = new Map<Storage | undefined, Promise<Archive>>();

  /** Throws INVALID_INPUT when `timeoutMs` is no time to wait for. */
  constructor(protected readonly options: AdapterOptions = {}) {
    checkedTimeout(options.timeoutMs, 'timeoutMs');
  }

  /** Reaches the browser context that the page belongs to, ready or not. Throws INVALID_INPUT when it is not a page of this framework. */
  protected abstract openDriver(page: P): Promise<BrowserDriver>;

  /** Begins a session on a page. Nothing is stored before `capture`. */
  async createSession(page: P, options: CreateSessionOptions): Promise<Session<P>> {
    if (typeof options?.name !== 'string' || options.name.trim() === '') {
      throw new PspError('INVALID_INPUT', 'createSession: expected a name, as in { name: "my-session" }.');
    }
    const origins = (options.origins ?? []).map(checkedOrigin);
    const { include, exclude } = options;
    parseChoice({ include, exclude });
    const maxBytes = checkedMaxBytes(options.maxBytes);
    checkKeyOptions(options);
    const named = new NamedAccess(options);
    const { keepForMs } = options;
    keptUntil(keepForMs, Date.now());
    const context = await this.#context(options.storage);
    const driver = await withKeyOptions(await this.openDriver(page), options);
    await driver.ready();
    const metadata = { id: newSessionId(), name: options.name, tags: [...(options.tags ?? [])] };
    const choice = { include, exclude };
    return new Session(context, { metadata, driver, origins, choice, maxBytes, named, keepForMs });
  }

  /** Finds a stored session by its id, or by its name where only one has it. Throws NOT_FOUND, DELETED, AMBIGUOUS. */
  async loadSession(idOrName: string, options: { storage?: Storage } = {}): Promise<Session<P>> {
    const context = await this.#context(options.storage);
    const id = await context.archive.find(idOrName);
    const { metadata, revision } = await context.archive.metadata(id);
    return new Session(context, { metadata, revision });
  }

  async #context(storage: Storage | undefined): Promise<SessionContext<P>> {
    const chosen = storage ?? this.options.storage;
    let archive = this.#archives.get(chosen);
    if (archive === undefined) {
      archive = this.#openArchive(chosen);
      this.#archives.set(chosen, archive);
      // A store that could not be opened once may be there the next time.
      archive.catch(() => this.#archives.delete(chosen));
    }
    return { archive: await archive, openDriver: (page) => this.openDriver(page) };
  }

  async #openArchive(storage: Storage | undefined): Promise<Archive> {
    const { keyFile, keep, onNotice = (text) => console.error(`psp: ${text}`) } = this.options;
    const keys = openKeySource({ ...(keyFile === undefined ? {} : { keyFile }), onNotice });
    return new Archive(await openStore(storage), keys, keep === undefined ? {} : { keep });
  }
}
