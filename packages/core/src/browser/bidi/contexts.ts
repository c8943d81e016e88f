/** The tabs and frames of one user context: which there are, where they go, and the origins seen meanwhile. */
import { originOf, PspError } from '@psp/protocol';
import type { Connection } from './connection.js';
import { refusalIn } from './refusal.js';

/** A tab or frame, as `browsingContext.getTree` tells of it. */
export interface ContextInfo {
  readonly context: string;
  readonly url: string;
  readonly userContext: string;
  readonly children: readonly ContextInfo[] | null;
}

interface Navigation {
  readonly context: string;
  readonly url: string;
}

/** Tells that a new document stands in a tab or frame; browsers that have not the first have the second. */
const ARRIVALS = ['browsingContext.navigationCommitted', 'browsingContext.domContentLoaded'] as const;

export class Contexts {
  readonly #visited = new Set<string>();
  readonly #undo: (() => unknown)[] = [];
  /** Calls under way in a document: the browser answers none of them once the document has gone. */
  readonly #waiting = new Map<string, Set<(error: PspError) => void>>();

  constructor(
    readonly connection: Connection,
    readonly userContext: string,
    /** Whether what is seen in a tab is ours, not the user's. */
    readonly isOurs: (navigation: Navigation) => boolean,
  ) {}

  /**
   * Follows the documents of the user context from now on. Only this one kind of event is asked for in tabs that are not ours: frames
   * and popups that come and go are seen in no other way.
   */
  async watch(): Promise<void> {
    for (const event of ARRIVALS) {
      this.#undo.push(this.connection.on(event, (navigation: Navigation) => this.#arrived(navigation)));
    }
    const where = { userContexts: [this.userContext] };
    try {
      this.#undo.push(await this.connection.subscribe([ARRIVALS[0]], where));
    } catch (error) {
      if (refusalIn(error) === undefined) throw error;
      this.#undo.push(await this.connection.subscribe([ARRIVALS[1]], {}));
    }
  }

  visited(): string[] {
    return [...this.#visited];
  }

  /** The tabs of the user context. */
  async tabs(): Promise<ContextInfo[]> {
    const { contexts } = await this.connection.send<{ contexts: ContextInfo[] }>('browsingContext.getTree', {});
    return contexts.filter(({ userContext }) => userContext === this.userContext);
  }

  /** A tab and all frames below it, the tab first. Throws BROWSER_GONE. */
  async below(root: string, timeoutMs: number): Promise<ContextInfo[]> {
    const { contexts } = await this.connection.send<{ contexts: ContextInfo[] }>(
      'browsingContext.getTree',
      { root },
      timeoutMs,
    );
    const found: ContextInfo[] = [];
    const pending = [...contexts];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      found.push(next);
      pending.push(...(next.children ?? []));
    }
    return found;
  }

  /** Runs `call`, which asks something of the document that stands in the context now. Throws BROWSER_GONE when that goes meanwhile. */
  async inDocument<T>(context: string, call: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(context) ?? new Set();
    this.#waiting.set(context, waiting);
    let stop: (error: PspError) => void = () => undefined;
    const left = new Promise<never>((_, reject) => waiting.add((stop = reject)));
    try {
      return await Promise.race([call(), left]);
    } finally {
      waiting.delete(stop);
      if (waiting.size === 0) this.#waiting.delete(context);
    }
  }

  async close(): Promise<void> {
    // A browser that is gone has nothing left to end.
    await Promise.allSettled(this.#undo.splice(0).map(async (undo) => undo()));
  }

  #arrived(navigation: Navigation): void {
    for (const stop of this.#waiting.get(navigation.context) ?? []) {
      stop(new PspError('BROWSER_GONE', 'The page went elsewhere meanwhile.'));
    }
    const origin = originOf(navigation.url);
    if (origin !== undefined && !this.isOurs(navigation)) this.#visited.add(origin);
  }
}
