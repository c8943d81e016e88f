/** Lists sessions and finds them by name, from their heads alone: no payload is read. */
import { isSessionId, PspError, type SessionMetadata } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import { isExpired, isReservation, isUnreadable } from './heads.js';
import { checkId } from './place.js';
import { walkHeads } from './walk.js';

export interface SessionPage {
  readonly items: SessionMetadata[];
  /** Pass as `after` to go on; absent on the last page. */
  readonly next?: string;
  /** Sessions that cannot be opened, each with its reason: CORRUPT, KEY_MISMATCH, UNSUPPORTED_VERSION. */
  readonly damaged: { readonly id: string; readonly error: PspError }[];
}

export interface ListOptions {
  readonly after?: string;
  readonly limit?: number;
}

export class Listing {
  readonly #context: ArchiveContext;

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async list({ after, limit = 100 }: ListOptions): Promise<SessionPage> {
    if (after !== undefined) checkId(after);
    if (!Number.isInteger(limit) || limit < 1)
      throw new PspError('INVALID_INPUT', `limit: expected 1 or more, found ${String(limit)}`);
    const page = { items: [] as SessionMetadata[], damaged: [] as SessionPage['damaged'] };
    let last = '';
    const wanted = (): number => limit + 1 - page.items.length - page.damaged.length;
    for await (const { id, head } of walkHeads(this.#context, after === undefined ? { wanted } : { wanted, after })) {
      if (page.items.length + page.damaged.length === limit) return { ...page, next: last };
      last = id;
      if (head === undefined || (isUnreadable(head) && head.error.code === 'DELETED')) continue;
      if (isUnreadable(head)) page.damaged.push({ id, error: head.error });
      else if (head.metadata !== undefined && !isExpired(head, this.#context.nowMs())) page.items.push(head.metadata);
    }
    return page;
  }

  async find(nameOrId: string): Promise<string> {
    if (await this.#isStored(nameOrId)) return nameOrId;
    const found: string[] = [];
    let damaged = 0;
    for (let after: string | undefined, more = true; more;) {
      const page = await this.list(after === undefined ? {} : { after });
      found.push(...page.items.filter(({ name }) => name === nameOrId).map(({ id }) => id));
      damaged += page.damaged.length;
      after = page.next;
      more = after !== undefined;
    }
    const name = JSON.stringify(String(nameOrId).slice(0, 200));
    if (found.length > 1)
      throw new PspError('AMBIGUOUS', `${found.length} sessions have the name ${name}: ${found.join(', ')}`);
    if (found[0] !== undefined) return found[0];
    const unread = damaged === 0 ? '' : `; ${damaged} sessions could not be opened, so their names are not known`;
    throw new PspError('NOT_FOUND', `no session with the id or name ${name} in ${this.#context.store.url}${unread}`);
  }

  async #isStored(id: string): Promise<boolean> {
    if (typeof id !== 'string' || !isSessionId(id)) return false;
    const { heads } = this.#context;
    const head = await heads.read(id);
    if (head === undefined || isReservation(head)) return false;
    if (!isUnreadable(head) || head.error.code === 'DELETED') heads.live(id, head);
    return true;
  }
}
