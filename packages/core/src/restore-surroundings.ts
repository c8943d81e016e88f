/** Restores permissions, and on request what the user's own tab is told of machine and user (spec/psp-1.md, "Environment"). */
import { isDeepStrictEqual } from 'node:util';
import { type Environment, type OriginPermission, PspError, type SessionDocument } from '@psp/protocol';
import type { BrowserDriver, Tab } from './browser/driver.js';
import { viewOf } from './environment.js';
import { causeOfLoss } from './losses.js';
import { callPage, type Place } from './page-call.js';
import type { SurroundingsReply } from './page/contract.js';
import type { RestoreAccounts } from './restore-report.js';

export interface SurroundingsOptions {
  /** Sets the session's permissions. Over CDP they last until the session is closed. Default true. */
  readonly permissions?: boolean;
  /**
   * Makes the page that is handed over appear as the captured one did: user agent, viewport, locale and so on, and the headers of
   * `http`. Lasts until the session is closed. Default false: see `launchOptions`.
   */
  readonly environment?: boolean;
}

const NOT_WANTED = 'they would last until PSP detaches, and were not wanted';
const AT_LAUNCH = 'the browser takes this at launch only';

export class SurroundingsRestore {
  /** By origin, the states that stand already. */
  readonly #standing = new Map<string, SurroundingsReply['permissions']>();
  readonly #wanted = new Map<string, OriginPermission[]>();

  constructor(
    readonly driver: BrowserDriver,
    readonly document: SessionDocument,
    readonly options: SurroundingsOptions,
    readonly timeoutMs: number,
  ) {
    for (const permission of document.environment?.permissions ?? []) {
      const { origin } = permission;
      this.#wanted.set(origin, [...(this.#wanted.get(origin) ?? []), permission]);
    }
  }

  /** Takes note of what stands, in a page of an origin: setting a permission again would end it with PSP. Never throws. */
  async look(place: Place): Promise<void> {
    const { origin = '', firstParty } = place.frame;
    // Permissions are those of a tab's own site.
    if (!firstParty || !this.#wanted.has(origin)) return;
    const view = await this.#view(place, 'permissions');
    if (view?.permissions !== undefined) this.#standing.set(origin, view.permissions);
  }

  async restore(accounts: RestoreAccounts): Promise<void> {
    await this.#permissions(accounts);
    if (this.options.environment === true) await this.#environment(accounts);
  }

  async #permissions(accounts: RestoreAccounts): Promise<void> {
    let count = 0;
    const each = [...this.#wanted].map(async ([origin, permissions]) => {
      const missing: string[] = [];
      let detail: string | undefined;
      const set = permissions.map(async ({ name, state }) => {
        const failure = await this.#permission({ origin, name, state });
        if (failure === undefined) count += 1;
        else missing.push(name);
        detail ??= failure;
      });
      await Promise.all(set);
      if (detail === undefined) return;
      const item = missing.toSorted().join(', ');
      accounts.lose([{ code: 'permission-not-restored', kind: 'environment', origin, item, detail }]);
    });
    await Promise.all(each);
    if (count > 0) accounts.finish('permissions', count === 1 ? '1 permission' : `${count} permissions`);
  }

  /** Why it does not stand, or undefined. */
  async #permission({ origin, name, state }: OriginPermission): Promise<string | undefined> {
    if (this.#standing.get(origin)?.[name] === state) return undefined;
    if (!this.driver.features.surroundings) return AT_LAUNCH;
    if (this.options.permissions === false) return NOT_WANTED;
    try {
      await this.driver.surroundings.setPermission({ origin, name, state });
      return undefined;
    } catch (error) {
      return (await causeOfLoss(this.driver, error)).message;
    }
  }

  async #environment(accounts: RestoreAccounts): Promise<void> {
    const { environment = {}, http } = this.document;
    const { permissions: _, ...wanted } = environment;
    const tab = (await this.driver.tabs()).find(({ primary }) => primary);
    const lose = (item: string, detail: string): void =>
      accounts.lose([{ code: 'environment-not-restored', kind: 'environment', item, detail }]);
    const detail = tab === undefined ? 'no page was handed over' : AT_LAUNCH;
    const missing = tab === undefined ? Object.keys(wanted) : await this.#apply(tab, wanted);
    for (const member of missing) lose(member, detail);
    if (Object.keys(wanted).length > missing.length) accounts.finish('environment', 'environment');
    // An interception of ours would compete with that of the user's framework.
    if ((http?.credentials ?? []).length > 0) lose('http.credentials', AT_LAUNCH);
    if ((http?.headers ?? []).length === 0) return;
    const failure = tab === undefined ? detail : await this.#headers(tab);
    if (failure === undefined) accounts.finish('http headers', 'http headers');
    else lose('http.headers', failure);
  }

  /** The names of what the tab is not told now. Read back where its page tells. */
  async #apply(tab: Tab, wanted: Environment): Promise<string[]> {
    const names = Object.keys(wanted) as (keyof Environment)[];
    let missing: readonly string[] = names;
    const options = { timeoutMs: this.timeoutMs };
    try {
      if (this.driver.features.surroundings) missing = await this.driver.surroundings.apply(tab, wanted, options);
      const [frame] = await this.driver.frames(tab, options);
      const reply = frame && (await this.#view({ driver: this.driver, tab, frame }, 'view'));
      if (reply?.view === undefined) return [...missing];
      const seen = viewOf(reply.view);
      return names.filter((name) =>
        name === 'geolocation' ? missing.includes(name) : !isDeepStrictEqual(seen[name], wanted[name]),
      );
    } catch (error) {
      await causeOfLoss(this.driver, error);
      return names;
    }
  }

  /** Why they are not sent, or undefined. */
  async #headers(tab: Tab): Promise<string | undefined> {
    if (!this.driver.features.surroundings) return AT_LAUNCH;
    try {
      await this.driver.surroundings.setHeaders(tab, this.document.http?.headers ?? [], { timeoutMs: this.timeoutMs });
      return undefined;
    } catch (error) {
      return (await causeOfLoss(this.driver, error)).message;
    }
  }

  /** Undefined where the page does not answer, which whoever goes on with it will see. */
  async #view(place: Place, scope: 'permissions' | 'view'): Promise<SurroundingsReply | undefined> {
    try {
      return (await callPage(place, { do: 'surroundings', scope, timeoutMs: this.timeoutMs })).header;
    } catch (error) {
      if (error instanceof PspError) return undefined;
      throw error;
    }
  }
}
