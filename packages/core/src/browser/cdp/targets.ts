/** The targets of one browser context: which there are, one session for each that is used, and where they have been. */
import { originOf } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import { isBlankUrl } from './blank-page.js';
import type { Answer, Method, Params } from './method.js';
import { Interception } from './interception.js';
import { inOurWords } from './refusal.js';
import { SeenStorage } from './seen-storage.js';
import { Target } from './target.js';
import { within, type CdpEvent, type CdpTransport } from './transport.js';
import { Visits, type SeenFrame } from './visits.js';

/** `parentId` is newer than the published protocol types. */
export type TargetInfo = Protocol.Target.TargetInfo & { parentId?: string };

/** Milliseconds that one tab may hold up whoever begins to watch. */
const WATCH_MS = 1_000;

const noted = (): void => undefined;

export class Targets {
  readonly seenStorage = new SeenStorage();
  readonly visits = new Visits();
  readonly interception = new Interception(this);
  readonly #open = new Map<string, Promise<Target>>();
  /** Out-of-process frames, as the browser last told of each. */
  readonly #frames = new Map<string, SeenFrame>();
  /** Tabs that are being asked to tell of their frames. */
  readonly #watching = new Set<Promise<void>>();
  /** Tabs and out-of-process frames, as the browser last told of each, in the order in which it told of them first. Its list has none. */
  readonly #told = new Map<string, TargetInfo>();
  #asked: Promise<Protocol.Target.GetTargetsResponse> | undefined;
  readonly #off: () => void;
  readonly #onDocument = new Set<(url: string) => void>();
  readonly #onOpened = new Set<(info: TargetInfo) => void>();
  /** Tabs of other contexts. */
  readonly #elsewhere = new Set<string>();

  constructor(
    readonly transport: CdpTransport,
    readonly timeoutMs: number,
    /** Undefined where the browser has one context and does not name it. */
    readonly browserContextId: string | undefined,
  ) {
    this.#off = transport.onEvent((event) => this.#onEvent(event));
  }

  /** A call to the browser itself. Throws TIMEOUT, BROWSER_GONE or UNSUPPORTED (the browser's refusal is the cause). */
  async send<M extends Method>(method: M, params: Params<M>, timeoutMs = this.timeoutMs): Promise<Answer<M>> {
    try {
      return (await within(this.transport.send(method, params, undefined), timeoutMs, method)) as Answer<M>;
    } catch (error) {
      throw inOurWords(error);
    }
  }

  /** The session with a target, attached at first use. */
  open(targetId: string): Promise<Target> {
    let target = this.#open.get(targetId);
    if (target === undefined) {
      const onDetached = (): void => void this.#open.delete(targetId);
      target = this.attach(targetId, onDetached);
      this.#open.set(targetId, target);
      target.catch(onDetached);
    }
    return target;
  }

  /** A session beside the one that `open` gives, for what must not meet others' work in it. */
  attach(targetId: string, onDetached: () => void): Promise<Target> {
    return Target.attach(targetId, this.transport, { timeoutMs: this.timeoutMs, onDetached });
  }

  /** Targets of this context that there are now, in the order in which they were opened since `watch`. */
  async list(): Promise<TargetInfo[]> {
    const { targetInfos } = await this.#getTargets();
    const order = new Map([...this.#told.keys()].map((id, index) => [id, index]));
    const place = ({ targetId }: TargetInfo): number => order.get(targetId) ?? order.size;
    return targetInfos.filter((target) => this.#isOurs(target)).toSorted((a, b) => place(a) - place(b));
  }

  /** Tabs and out-of-process frames of this context that the browser has told of since `watch`, which may have changed meanwhile. */
  known(): TargetInfo[] {
    return [...this.#told.values()];
  }

  /** Whoever asks at the same moment gets the same answer. */
  #getTargets(): Promise<Protocol.Target.GetTargetsResponse> {
    if (this.#asked === undefined) {
      this.#asked = this.send('Target.getTargets', {});
      queueMicrotask(() => (this.#asked = undefined));
    }
    return this.#asked;
  }

  /** The out-of-process frames below a tab, at any depth. */
  async framesBelow(tabId: string): Promise<TargetInfo[]> {
    const all = await this.list();
    const byId = new Map(all.map((target) => [target.targetId, target]));
    const rootOf = (target: TargetInfo): string | undefined => {
      let at: TargetInfo | undefined = target;
      for (let depth = 0; at?.type === 'iframe' && depth < all.length; depth++) at = byId.get(at.parentId ?? '');
      return at?.targetId;
    };
    return all.filter((target) => target.type === 'iframe' && rootOf(target) === tabId);
  }

  /** Notes the origins of this context's documents from now on, and tells of the first. All that is open is known afterwards. */
  async watch(onFirstVisit: () => void): Promise<void> {
    this.visits.onFirst(onFirstVisit);
    await this.send('Target.setDiscoverTargets', { discover: true });
  }

  /** Resolves when nothing is missed that the user does in a tab that is known. */
  async watched(): Promise<void> {
    await Promise.all(this.#watching);
  }

  /** For calls to the browser that need to know which context is meant. */
  context(): { browserContextId?: string } {
    return this.browserContextId === undefined ? {} : { browserContextId: this.browserContextId };
  }

  /** Tells of documents that appear in this context, by their address. Gives its undo. */
  onDocument(listener: (url: string) => void): () => void {
    this.#onDocument.add(listener);
    return () => this.#onDocument.delete(listener);
  }

  /** Tells of tabs and out-of-process frames of this context that open from now on. Gives its undo. */
  onOpened(listener: (info: TargetInfo) => void): () => void {
    this.#onOpened.add(listener);
    return () => this.#onOpened.delete(listener);
  }

  /** Whether it is the main frame of a tab, or an out-of-process frame, of another context. */
  isElsewhere(frameId: string): boolean {
    return this.#elsewhere.has(frameId);
  }

  close(): void {
    this.#off();
  }

  #onEvent(event: CdpEvent): void {
    const { method, params, sessionId } = event;
    if (sessionId === undefined) this.interception.onEvent(event);
    if (method === 'Page.frameNavigated')
      this.#onNavigated((params as Protocol.Page.FrameNavigatedEvent).frame, sessionId);
    if (method === 'Page.frameDetached') this.#onDetached(params as Protocol.Page.FrameDetachedEvent);
    if (method === 'Target.targetDestroyed') {
      const { targetId } = params as Protocol.Target.TargetDestroyedEvent;
      this.#elsewhere.delete(targetId);
      this.seenStorage.forget(targetId);
      this.#told.delete(targetId);
      this.#forget(targetId);
    }
    if (method !== 'Target.targetCreated' && method !== 'Target.targetInfoChanged') return;
    const { targetInfo } = params as { targetInfo: TargetInfo };
    if (targetInfo.type !== 'page' && targetInfo.type !== 'iframe') return;
    if (!this.#isOurs(targetInfo)) return void this.#elsewhere.add(targetInfo.targetId);
    this.#onTarget(targetInfo);
    if (method === 'Target.targetCreated' || this.#told.has(targetInfo.targetId))
      this.#told.set(targetInfo.targetId, targetInfo);
    if (method !== 'Target.targetCreated') return;
    this.#watchFrames(targetInfo);
    for (const listener of this.#onOpened) listener(targetInfo);
  }

  #onNavigated({ id, parentId = this.#frames.get(id)?.parentId, url }: Protocol.Page.Frame, session?: string): void {
    this.#note({ id, parentId, url }, async () => {
      const asked = this.transport.send('Storage.getStorageKey', { frameId: id }, session).catch(rethrow);
      return ((await within(asked, WATCH_MS, 'Storage.getStorageKey')) as { storageKey: string }).storageKey;
    });
  }

  #onDetached({ frameId, reason }: Protocol.Page.FrameDetachedEvent): void {
    // A frame that swaps goes on as a target of its own, or within another.
    if (reason !== 'swap') this.#forget(frameId);
  }

  /** The browser tells of a target whenever anything about it changes. */
  #onTarget({ targetId: id, type, url, parentId }: TargetInfo): void {
    // Older browsers do not tell what a frame is below.
    const frame = { id, parentId: type === 'page' ? undefined : (parentId ?? ''), url };
    if (type === 'iframe') {
      if (originOf(this.#frames.get(id)?.url ?? '') === originOf(url)) return;
      this.#frames.set(id, frame);
    }
    this.#note(frame, async () => {
      const target = await this.open(id);
      return (await target.send('Storage.getStorageKey', { frameId: id }, WATCH_MS)).storageKey;
    });
  }

  /** Frames of the tab's own process are no targets; the tab tells of them, and of its storage. */
  #watchFrames(info: TargetInfo): void {
    const watching = this.open(info.targetId).then((target) => {
      const enabled = target.send('Page.enable', {}, WATCH_MS);
      return Promise.allSettled([enabled, this.seenStorage.begin(target, info, WATCH_MS)]);
    });
    // A tab that closes, crashes or is blocked meanwhile shows no more frames; its address was noted already.
    const settled = watching.then(noted, noted).then(() => void this.#watching.delete(settled));
    this.#watching.add(settled);
  }

  #note(frame: SeenFrame, storageKey: () => Promise<string>): void {
    this.visits.note(frame, storageKey);
    if (originOf(frame.url) === undefined || isBlankUrl(frame.url)) return;
    for (const listener of this.#onDocument) listener(frame.url);
  }

  #forget(frameId: string): void {
    this.visits.forget(frameId);
    this.#frames.delete(frameId);
  }

  #isOurs(target: TargetInfo): boolean {
    return this.browserContextId === undefined || target.browserContextId === this.browserContextId;
  }
}

function rethrow(error: unknown): never {
  throw inOurWords(error);
}
