/**
 * The cookies of one user context, each with its partition. Firefox lists all of a context, yet names no partition. Asked about an
 * origin it gives two kinds: those without a partition that belong to the origin's site, and those of the partition below that site.
 * From such answers each cookie is placed.
 */
import { type Cookie, type Loss, originOf } from '@psp/protocol';
import type { CookieOutcome } from '../driver.js';
import type { Connection } from './connection.js';
import { fromBidi, isSameSite, toBidi, type BidiCookie } from './cookies.js';
import { refusalIn } from './refusal.js';

export class Jar {
  /** Sites below which we have set cookies: there they are found again, wherever the tabs are. */
  readonly #set = new Set<string>();

  constructor(
    readonly connection: Connection,
    readonly userContext: string,
  ) {}

  /** `tops` are addresses below whose sites partitioned cookies may lie. Those below other sites become one loss each. */
  async read(tops: readonly string[]): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    const all = await this.#ask(undefined);
    const plain = await this.#plain(all);
    const cookies = plain.map((cookie) => fromBidi(cookie, undefined));
    const partitioned = new Tally(without(all, plain));
    if (partitioned.left().length === 0) return { cookies, losses: [] };
    for (const site of await this.#sites([...this.#set, ...tops, ...all.flatMap(addressesOf)])) {
      const taken = site.cookies.filter((cookie) => partitioned.take(cookie));
      cookies.push(...taken.map((cookie) => fromBidi(cookie, site.topLevelSite)));
    }
    return { cookies, losses: partitioned.left().map(unplaced) };
  }

  async set(cookie: Cookie): Promise<CookieOutcome> {
    const { partitionKey } = cookie;
    if (partitionKey !== undefined) {
      const { topLevelSite, hasCrossSiteAncestor } = partitionKey;
      if (hasCrossSiteAncestor === isSameSite(cookie.domain, topLevelSite)) {
        return { ok: false, reason: 'The browser keeps no partition with such a cross-site ancestor.' };
      }
      this.#set.add(topLevelSite);
    }
    try {
      const partition = this.#partition(partitionKey?.topLevelSite);
      await this.connection.send('storage.setCookie', { cookie: toBidi(cookie), partition });
      return { ok: true };
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      return { ok: false, reason: refusal.message };
    }
  }

  async delete(cookie: Cookie): Promise<void> {
    if (cookie.partitionKey !== undefined) {
      // Asked to delete by site, the browser would take the one without a partition as well; one that is over replaces just this.
      await this.set({ ...cookie, expires: 1 });
      return;
    }
    const { name, domain, path } = toBidi(cookie);
    const partition = this.#partition(plainOrigin(domain));
    await this.connection.send('storage.deleteCookies', { filter: { name, domain, path }, partition });
  }

  /** The cookies that have no partition. One question answers for all hosts of a site. */
  async #plain(all: readonly BidiCookie[]): Promise<BidiCookie[]> {
    const found = new Map<string, BidiCookie>();
    const asked = new Set<string>();
    for (const { domain } of all) {
      if (asked.has(domain)) continue;
      const cookies = await this.#ask(plainOrigin(domain));
      for (const cookie of cookies) found.set(keyOf(cookie), cookie);
      for (const cookie of [{ domain }, ...cookies]) asked.add(cookie.domain);
    }
    return [...found.values()];
  }

  /** Sites with a partition that holds cookies, and those cookies. Each site comes once. */
  async #sites(addresses: readonly string[]): Promise<{ topLevelSite: string; cookies: BidiCookie[] }[]> {
    const origins = new Set(addresses.map(originOf).filter((origin) => origin !== undefined));
    const sites = new Map<string, BidiCookie[]>();
    for (const origin of origins) {
      const cookies = await this.#below(origin);
      if (cookies.length > 0) sites.set(await this.#siteOf(origin, cookies), cookies);
    }
    return [...sites].map(([topLevelSite, cookies]) => ({ topLevelSite, cookies }));
  }

  async #below(origin: string): Promise<BidiCookie[]> {
    const [both, plain] = await Promise.all([this.#ask(origin), this.#ask(plainOrigin(new URL(origin).hostname))]);
    return without(both, plain);
  }

  /** The shortest host that still means the same partition is the site. So no list of public suffixes is needed. */
  async #siteOf(origin: string, cookies: readonly BidiCookie[]): Promise<string> {
    const { protocol, hostname } = new URL(origin);
    const labels = isAddress(hostname) ? [hostname] : hostname.split('.');
    let site = `${protocol}//${hostname}`;
    for (let from = 1; from < labels.length; from++) {
      const shorter = `${protocol}//${labels.slice(from).join('.')}`;
      if (without(cookies, await this.#below(shorter)).length > 0) break;
      site = shorter;
    }
    return site;
  }

  async #ask(sourceOrigin: string | undefined): Promise<BidiCookie[]> {
    const params = { partition: this.#partition(sourceOrigin) };
    return (await this.connection.send<{ cookies: BidiCookie[] }>('storage.getCookies', params)).cookies;
  }

  #partition(sourceOrigin: string | undefined): object {
    const key = { type: 'storageKey', userContext: this.userContext };
    return sourceOrigin === undefined ? key : { ...key, sourceOrigin };
  }
}

/** An origin of the host that is the top of no page, so that no partition lies below it. */
function plainOrigin(domain: string): string {
  return `wss://${domain.startsWith('.') ? domain.slice(1) : domain}`;
}

/** Any host with a cookie may be the top of pages as well. */
function addressesOf({ domain }: BidiCookie): string[] {
  const host = domain.startsWith('.') ? domain.slice(1) : domain;
  return [`https://${host}`, `http://${host}`];
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);
}

function unplaced({ name, domain }: BidiCookie): Loss {
  const detail = 'It belongs to a partition below a site that is not known. Open a page of that site, or name it.';
  return { code: 'cookies-may-be-missing', kind: 'cookie', item: `${name} (${domain})`, detail };
}

/** The first list less what the second has, each as often as it is there. */
function without(all: readonly BidiCookie[], others: readonly BidiCookie[]): BidiCookie[] {
  const taken = new Tally(others);
  return all.filter((cookie) => !taken.take(cookie));
}

/** Cookies counted by all that tells one from another within an answer; in two partitions they may be alike. */
class Tally {
  readonly #counts = new Map<string, BidiCookie[]>();

  constructor(cookies: readonly BidiCookie[]) {
    for (const cookie of cookies) {
      const same = this.#counts.get(keyOf(cookie));
      if (same === undefined) this.#counts.set(keyOf(cookie), [cookie]);
      else same.push(cookie);
    }
  }

  /** Takes one of its kind away. False when there is none left. */
  take(cookie: BidiCookie): boolean {
    return this.#counts.get(keyOf(cookie))?.pop() !== undefined;
  }

  left(): BidiCookie[] {
    return [...this.#counts.values()].flat();
  }
}

function keyOf({ name, domain, path, value }: BidiCookie): string {
  return JSON.stringify([name, domain, path, value.value]);
}
