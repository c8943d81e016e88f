/** The cookies of a browser that shows them by page only: windows are asked, and a window of ours goes where none is open. */
import { type Cookie, cookieIdentity, type Loss, originOf, PspError } from '@psp/protocol';
import { originOfCookie } from '../../origins.js';
import type { CookieOutcome, Tab } from '../driver.js';
import type { WireCookie } from './commands.js';
import { faultOf, fromWebDriver, toDocument, toWebDriver } from './cookies.js';
import type { Dialect } from './dialect.js';
import { enterFrame, framesOf } from './frames.js';
import { load, visitQuiet } from './quiet.js';
import { refusalOf } from './refusal.js';
import type { Turns } from './turns.js';

/** `(path: string) => undefined`: gives the document another path, without a request. */
const MOVE = "(path) => history.replaceState(null, '', path)";
const SET_IN_DOCUMENT = '(text) => { document.cookie = text; }';

/** A cookie that expired long ago takes the place of one that is to go, and goes. */
const LONG_AGO_S = 1;

export class Jar {
  #scout: string | undefined;

  constructor(
    readonly turns: Turns,
    /** Milliseconds for a page. */
    readonly timeoutMs: number,
  ) {}

  /** The window that goes to places, while it is open. */
  get scout(): string | undefined {
    return this.#scout;
  }

  /** Cookies of the windows, and of the places that none of them shows. */
  async read(windows: readonly Tab[], places: readonly string[]): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    const reading = new Reading(this.turns.dialect);
    for (const tab of windows) {
      await this.#readWindow(tab, reading).catch((error: unknown) => reading.miss(tab.url, error));
    }
    for (const place of places) {
      if (!URL.canParse(place) || originOf(place) === undefined) continue;
      if (reading.covers(new URL(place))) continue;
      await this.#readPlace(new URL(place), reading).catch((error: unknown) => reading.miss(place, error));
    }
    return reading.result();
  }

  async #readWindow(tab: Tab, reading: Reading): Promise<void> {
    const { commands, dialect } = this.turns;
    await this.turns.enter(tab.id);
    reading.add(await commands.cookies(), await commands.url());
    if (!dialect.cookiesOfFrames) return;
    for (const frame of (await framesOf(this.turns, tab, { timeoutMs: this.timeoutMs })).slice(1)) {
      // Below another site there may be other cookies, in a partition that the browser does not name.
      if (!frame.firstParty || frame.origin === undefined || reading.covers(new URL(frame.origin))) continue;
      await enterFrame(this.turns, tab, frame);
      reading.add(await commands.cookies(), frame.url);
    }
  }

  async #readPlace(place: URL, reading: Reading): Promise<void> {
    const { commands, dialect } = this.turns;
    await this.#go(place.origin);
    if (place.pathname !== '/') {
      if (dialect.cookiesFollowAddress) await commands.call(MOVE, [place.pathname], this.timeoutMs);
      else await load(this.turns, `${place.origin}${place.pathname.replace(/\/$/, '')}/robots.txt`, this.timeoutMs);
    }
    // Nobody's page led here, so that nothing is hidden.
    reading.add(await commands.cookies(), `${place.origin}${place.pathname}`, { whole: true });
  }

  async set(cookie: Cookie, place: string | undefined): Promise<CookieOutcome> {
    const fault = faultOf(cookie);
    if (fault !== undefined) return { ok: false, reason: fault };
    if (cookie.partitionKey !== undefined) {
      return {
        ok: false,
        reason: 'WebDriver cannot set a partitioned cookie, and without its partition it is another',
      };
    }
    try {
      await this.#set(cookie, place);
      return { ok: true };
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      return { ok: false, reason };
    }
  }

  /** Throws UNSUPPORTED when the browser would not. */
  async delete(cookie: Cookie, place: string | undefined): Promise<void> {
    const { ok, reason = '' } = await this.set({ ...cookie, value: 'x', expires: LONG_AGO_S }, place);
    if (!ok) throw new PspError('UNSUPPORTED', `The browser would not delete the cookie ${cookie.name}: ${reason}.`);
  }

  /** Closes the window that went to places. */
  async closeScout(): Promise<void> {
    const window = this.#scout;
    this.#scout = undefined;
    if (window !== undefined) await this.turns.closeWindow(window);
  }

  async #set(cookie: Cookie, place: string | undefined): Promise<void> {
    const { commands, dialect } = this.turns;
    const inDocument = !cookie.httpOnly && (cookie.name === '' || (cookie.value === '' && !dialect.takesEmptyValues));
    if (dialect.setsAnyDomain && !cookie.hostOnly && !inDocument) await this.#openScout();
    else await this.#go(placeOf(cookie, place));
    if (inDocument) await commands.call(SET_IN_DOCUMENT, [toDocument(cookie)], this.timeoutMs);
    else await commands.setCookie(toWebDriver(cookie));
  }

  /** A document of the origin in a window of ours. Throws BROWSER_UNREACHABLE. */
  async #go(origin: string): Promise<void> {
    await this.#openScout();
    await visitQuiet(this.turns, origin, this.timeoutMs);
  }

  async #openScout(): Promise<void> {
    this.#scout ??= await this.turns.newWindow();
    await this.turns.switchTo(this.#scout);
    await this.turns.commands.toTop();
  }
}

/** The origin to set a cookie from: of the place, unless that is another host than the one host of the cookie. */
function placeOf(cookie: Cookie, place: string | undefined): string {
  const given = place === undefined ? undefined : originOf(place);
  if (given !== undefined && (!cookie.hostOnly || new URL(given).hostname === cookie.domain)) return given;
  const own = originOfCookie(cookie);
  if (own === undefined) throw new PspError('BROWSER_UNREACHABLE', `The cookie's domain ${cookie.domain} is no host.`);
  return own;
}

/** The words of a browser that refused the cookie, or of why none of its host's pages opened. */
function reasonOf(error: unknown): string | undefined {
  const refusal = refusalOf(error);
  if (refusal !== undefined && error instanceof PspError && error.code === 'UNSUPPORTED') {
    return refusal.message === '' ? refusal.code : refusal.message;
  }
  if (!(error instanceof PspError) || error.code !== 'BROWSER_UNREACHABLE') return undefined;
  return `this browser sets it only from a page of its host: ${error.message}`;
}

/** What was read so far: cookies by identity, and where from. A place that may hide cookies is as good as not looked at. */
class Reading {
  readonly #cookies = new Map<string, Cookie>();
  /** Documents that have shown all their cookies. */
  readonly #whole: URL[] = [];
  /** Those that may have hidden some. */
  readonly #partial: URL[] = [];
  readonly #missed = new Set<string>();

  constructor(readonly dialect: Dialect) {}

  /** What a document shows. One that shows a single SameSite=Strict cookie hides none. */
  add(wire: readonly WireCookie[], url: string, { whole = !this.dialect.hidesStrict } = {}): void {
    if (originOf(url) === undefined) return;
    const at = new URL(url);
    const cookies = wire.map((each) => fromWebDriver(each, at.hostname));
    for (const cookie of cookies) this.#cookies.set(cookieIdentity(cookie), cookie);
    if (whole || cookies.some(({ sameSite }) => sameSite === 'strict')) this.#whole.push(at);
    else this.#partial.push(at);
  }

  /** A document sees the cookies of all paths above its own. */
  covers({ origin, pathname }: URL): boolean {
    const below = pathname.endsWith('/') ? pathname : `${pathname}/`;
    return this.#whole.some(
      (at) => at.origin === origin && (at.pathname === pathname || at.pathname.startsWith(below)),
    );
  }

  /** The place could not be looked at. Rethrows what ends more than that. */
  miss(url: string, error: unknown): void {
    if (!(error instanceof PspError)) throw error;
    // A window that closed has no cookies to show; whether the browser is there the next command tells.
    if (error.code !== 'BROWSER_GONE') this.#missed.add(originOf(url) ?? 'a window that does not answer');
    else if (refusalOf(error) === undefined) throw error;
  }

  result(): { cookies: Cookie[]; losses: Loss[] } {
    const { engine } = this.dialect;
    const missed = this.#missed.size === 0 ? '' : ` Not looked at: ${[...this.#missed].join(', ')}.`;
    const detail = `By WebDriver, ${engine} shows the cookies of pages only, not those of other sites and paths.${missed}`;
    return {
      cookies: [...this.#cookies.values()],
      losses: [{ code: 'cookies-may-be-missing', kind: 'cookie', detail }, ...this.#hidden()],
    };
  }

  /**
   * Of the open pages that may have hidden cookies. Nothing tells whether one did: its referrer is empty for a page of another site
   * that asked for that, too, and a redirect by way of another site leaves no trace.
   */
  #hidden(): Loss[] {
    const whole = new Set(this.#whole.map(({ origin }) => origin));
    const partial = new Set(this.#partial.map(({ origin }) => origin));
    return [...partial]
      .filter((origin) => !whole.has(origin))
      .map((origin) => ({
        code: 'cookies-may-be-missing',
        kind: 'cookie',
        origin,
        detail: `By WebDriver, ${this.dialect.engine} hides SameSite=Strict cookies of a page that was reached from another site.`,
        advice: 'Where the site has such cookies, name its origin in `origins`, then capture again.',
      }));
  }
}
