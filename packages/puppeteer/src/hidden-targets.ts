/**
 * Keeps helper tabs from Puppeteer, which attaches to every new target and tells the user's `targetcreated` listeners. A target that
 * is being attached to by hand is left alone by it, so that is what happens here between a target's birth and Puppeteer's notice.
 */
import type { PuppeteerCdpSession, PuppeteerConnection, PuppeteerEmitter } from './puppeteer.js';

interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly browserContextId?: string;
}

interface Attached {
  readonly sessionId: string;
  readonly targetInfo: TargetInfo;
}

export class HiddenTargets {
  /** Ids of hidden targets whose birth was seen. */
  readonly #seen = new Set<string>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** The contexts in which a hidden target is awaited; undefined where the call named none. */
  readonly #awaited: (string | undefined)[] = [];
  #undo: (() => void)[] = [];

  constructor(readonly connection: PuppeteerConnection) {}

  /** Makes `create`, a call that opens a hidden target, go unnoticed. Calls may overlap. */
  async during(params: { browserContextId?: string }, create: () => Promise<unknown>): Promise<unknown> {
    if (this.#awaited.push(params.browserContextId) === 1) this.#watch();
    try {
      return await create();
    } finally {
      while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
      this.#awaited.splice(this.#awaited.indexOf(params.browserContextId), 1);
      if (this.#awaited.length === 0) this.#stop();
    }
  }

  #watch(): void {
    const { connection } = this;
    this.#on(connection, 'Target.targetCreated', ({ targetInfo }: { targetInfo: TargetInfo }) =>
      this.#born(targetInfo),
    );
    this.#watchSessions(connection);
    // The target is reached by way of its tab, too, whose session begins meanwhile.
    this.#on(connection, 'sessionattached', (session: PuppeteerCdpSession) => this.#watchSessions(session));
  }

  #watchSessions(parent: PuppeteerConnection | PuppeteerCdpSession): void {
    this.#on(parent, 'Target.attachedToTarget', (attached: Attached) => {
      if (this.#seen.has(attached.targetInfo.targetId)) this.#wait(this.#letGo(parent, attached.sessionId));
    });
  }

  #born(target: TargetInfo): void {
    if (target.type !== 'other' || !this.#awaits(target.browserContextId)) return;
    this.#seen.add(target.targetId);
    this.#wait(this.connection.createSession(target));
  }

  #awaits(browserContextId: string | undefined): boolean {
    return this.#awaited.some((awaited) => awaited === undefined || awaited === browserContextId);
  }

  /** The browser holds a new target, and the tab around it, until each who attached says go on. */
  async #letGo(parent: PuppeteerConnection | PuppeteerCdpSession, sessionId: string): Promise<void> {
    await Promise.all([goOn(parent), goOn(this.connection.session(sessionId))]);
    await parent.send('Target.detachFromTarget' as never, { sessionId } as never);
  }

  #wait(work: Promise<unknown>): void {
    this.#underWay.add(work);
    // A target that is gone again needs nothing; the call that opened it tells.
    const ended = (): void => void this.#underWay.delete(work);
    work.then(ended, ended);
  }

  #on<T>(emitter: PuppeteerEmitter, name: string, listener: (params: T) => void): void {
    emitter.on(name, listener as (params: never) => void);
    this.#undo.push(() => emitter.off(name, listener as (params: never) => void));
  }

  #stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#seen.clear();
  }
}

async function goOn(session: PuppeteerConnection | PuppeteerCdpSession | null): Promise<void> {
  // The connection itself is with the browser, which nothing holds; a session may have been ended by others.
  if (session !== null && 'detach' in session) {
    await session.send('Runtime.runIfWaitingForDebugger' as never).catch(() => undefined);
  }
}
