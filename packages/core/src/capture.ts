/** Capture: reads a whole session over a browser driver. Writes nothing anywhere, and changes nothing that a user sees. */
import {
  type Chooser,
  type ChoiceInput,
  type Binding,
  showStoragePlace,
  type Cookie,
  SESSION_VERSION,
  SkippedTally,
  originOf,
  type Loss,
  type OriginState,
  type RecordPlace,
  type SessionDocument,
  type StateKind,
  type TabState,
} from '@psp/protocol';
import type { BrowserDriver, Discovery, PartitionedPlace, Tab } from './browser/driver.js';
import { missingLosses, placeLoss } from './capture-losses.js';
import { chooserOf, chooseState, noteUnread } from './choice.js';
import { EnvironmentNotes } from './environment.js';
import { HelperPool } from './helper-pool.js';
import { limitState } from './limit-state.js';
import { causeOfLoss, withAdvice } from './losses.js';
import { checkedMaxBytes, type MaxBytes } from './max-bytes.js';
import type { NamedAccess } from './named-access.js';
import { originsBelow, originsOfCookies, seenOrigins } from './origins.js';
import { hasDepot } from './read-depot.js';
import { readOrigin, type OriginReading } from './read-origin.js';
import { eachOnce, openPlaces, placeKey } from './read-partitions.js';
import { TabReader, type TabReading } from './read-tabs.js';
import type { RecordBatch, SessionState } from './state.js';
import { checkedTimeout } from './timeout.js';
import { visitPlace, type VisitablePlace } from './visit-place.js';

/** What is being done, for people who wait: `done` of `total` origins. */
export interface Progress {
  readonly step: 'cookies' | 'tabs' | 'origins' | 'seal' | 'settle';
  readonly done: number;
  readonly total: number;
}

export interface CaptureOptions {
  readonly id: string;
  readonly name: string;
  readonly tags?: readonly string[];
  /** Origins to look at besides those that are found, ASCII form. */
  readonly origins?: readonly string[];
  /** What belongs to the session: what each of these takes. Default: everything. */
  readonly choices?: readonly ChoiceInput[];
  /** Most bytes of a kind in one storage place. What is larger is lost by name. Default: no limit. */
  readonly maxBytes?: MaxBytes;
  /** What the caller named beside the page. */
  readonly named?: NamedAccess;
  /** Places below other sites to look at besides those that are found. */
  readonly places?: readonly PartitionedPlace[];
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** The state in memory: its batches can be walked more than once. */
export interface CapturedState extends SessionState {
  readonly batches: RecordBatch[];
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Captures cookies, the storage of every origin that can be found, and the open tabs with their sessionStorage. What cannot
 * be read becomes a loss in the document; only a browser that is gone or does not answer at all throws (BROWSER_GONE, TIMEOUT),
 * and a limit or rule that is none (INVALID_INPUT). What was not chosen is neither opened nor read, where that can be known before.
 * Spec: PSP-CAP.
 */
export async function captureState(driver: BrowserDriver, options: CaptureOptions): Promise<CapturedState> {
  const run = new CaptureRun(driver, options);
  return run.capture();
}

class CaptureRun {
  readonly #readings = new Map<string, OriginReading>();
  readonly #losses: Loss[] = [];
  readonly #around = new EnvironmentNotes();
  readonly #skipped = new SkippedTally();
  #bindings: Binding[] | undefined;
  readonly #timeoutMs: number;
  readonly #chooser: Chooser;
  readonly #maxBytes: MaxBytes;
  readonly #pool: HelperPool;

  constructor(
    readonly driver: BrowserDriver,
    readonly options: CaptureOptions,
  ) {
    this.#timeoutMs = checkedTimeout(options.timeoutMs, 'timeoutMs') ?? DEFAULT_TIMEOUT_MS;
    this.#chooser = chooserOf(...(options.choices ?? []));
    this.#maxBytes = checkedMaxBytes(options.maxBytes) ?? {};
    this.#pool = new HelperPool(driver);
  }

  async capture(): Promise<CapturedState> {
    try {
      return await this.#capture();
    } finally {
      await this.#pool.close();
    }
  }

  async #capture(): Promise<CapturedState> {
    this.#progress('cookies', 0, 1);
    const { allCookies } = this.driver.features;
    const [jar, version, discovery, found] = await Promise.all([
      allCookies ? this.driver.cookies() : undefined,
      this.driver.version(),
      this.#discover(),
      this.#readTabs(),
    ]);
    const given = this.#given();
    const frames = found.flatMap((tab) => tab.frames);
    const urls = found.flatMap((tab) => tab.urls);
    const seen = seenOrigins({ frames, urls, visited: this.driver.visited(), given });
    const open = [...openPlaces(frames), ...(this.options.places ?? [])];
    const below = originsBelow(frames, discovery.places);
    const { cookies, losses } = jar ?? (await this.driver.cookies(this.#cookiePlaces([...seen, ...below])));
    this.#losses.push(...losses, ...found.flatMap((tab) => tab.losses), ...missingLosses(discovery, this.#chooser));
    const bindings = this.#readBindings(cookies);
    bindings.catch(() => undefined); // awaited once the origins are read
    const known = new Set([...seen, ...discovery.origins, ...below]);
    const places = eachOnce([...open, ...discovery.places]);
    for (const origin of known) noteUnread(this.#skipped, this.#chooser, { origin });
    for (const place of places) noteUnread(this.#skipped, this.#chooser, place);
    const unopened: VisitablePlace[] = this.#unopened(known, cookies).map((origin) => ({ origin }));
    unopened.push(...places.filter((place) => !this.#readings.has(placeKey(place))));
    await this.#readUnopened(unopened.filter((place) => this.#isWanted(place)));
    const tabs = found.flatMap((tab) => tab.state ?? []);
    this.#bindings = await bindings;
    const whole = this.#assemble(cookies, tabs, new Set([...seen, ...open.map(placeKey)]), version);
    const [state] = await Promise.all([whole, this.#pool.close()]);
    return state;
  }

  #isWanted({ origin, partition }: VisitablePlace): boolean {
    return this.#chooser.takesSomeOf({ origin, ...(partition === undefined ? {} : { partition }) });
  }

  /** Where cookies are wanted of, besides open pages. A place that only a request could open is none, unless the caller names it. */
  #cookiePlaces(known: readonly string[]): string[] {
    const origins = this.driver.features.offlineVisit ? known : (this.options.origins ?? []);
    return origins.filter((origin) => this.#chooser.takesSome('cookie', { origin })).map((origin) => `${origin}/`);
  }

  /** The origins that the caller points to. What he includes is looked at where that takes no request. */
  #given(): string[] {
    const { origins = [] } = this.options;
    const included = this.driver.features.offlineVisit ? this.#chooser.origins : undefined;
    return [...origins, ...(included ?? [])];
  }

  /** The browser's lists are a help, not a condition: without them something may be missing, which is said. */
  async #discover(): Promise<Discovery> {
    try {
      return await this.driver.discoverOrigins({ timeoutMs: this.#timeoutMs });
    } catch (error) {
      const { message } = await causeOfLoss(this.driver, error);
      return { origins: [], places: [], missing: `The lists of the browser could not be read: ${message}` };
    }
  }

  /** The origins to read in a blank document. Where that takes a request, only those that the caller names. */
  #unopened(known: ReadonlySet<string>, cookies: readonly Cookie[]): string[] {
    const isUnread = (origin: string): boolean => !this.#readings.has(origin);
    if (this.driver.features.offlineVisit) {
      return [...new Set([...known, ...originsOfCookies(cookies)])].filter(isUnread);
    }
    const given = new Set(this.options.origins);
    for (const origin of [...known].filter(isUnread)) {
      if (!given.has(origin) && this.#chooser.takesSomeOf({ origin }))
        this.#losses.push({ code: 'origin-not-open', kind: 'origin', origin });
    }
    return [...given].filter(isUnread);
  }

  /**
   * A verdict on the session wants it, the session does not: without an answer it is unknown. What is bound are secure
   * cookies, so that without one there is nothing to wait for.
   */
  async #readBindings(cookies: readonly Cookie[]): Promise<Binding[] | undefined> {
    if (this.driver.features.allCookies && !cookies.some(({ secure }) => secure)) return [];
    try {
      return await this.driver.deviceBindings({ timeoutMs: this.#timeoutMs });
    } catch (error) {
      await causeOfLoss(this.driver, error);
      return undefined;
    }
  }

  async #readTabs(): Promise<TabReading[]> {
    const tabs = await this.driver.tabs();
    this.#progress('tabs', 0, tabs.length);
    this.#warm(tabs);
    const reader = new TabReader(this.driver, this.#readings, this.#timeoutMs, this.#around, this.#chooser);
    return Promise.all(tabs.map((tab) => reader.read(tab)));
  }

  /** Opens a helper tab while the tabs are read, where an origin is known that none of them shows. */
  #warm(tabs: readonly Tab[]): void {
    const shown = new Set(tabs.map(({ url }) => originOf(url)));
    const isUnopened = (origin: string): boolean => !shown.has(origin) && this.#isWanted({ origin });
    const known = [...this.driver.visited(), ...this.#given()];
    if (this.driver.features.hiddenHelper && known.some(isUnopened)) this.#pool.warm();
  }

  async #readUnopened(places: readonly VisitablePlace[]): Promise<void> {
    let done = 0;
    await this.#pool.forEach(places, async (place, withTab) => {
      try {
        const reading = await withTab((tab) => this.#readBlank(tab, place));
        this.#readings.set(placeKey(reading.state), reading);
      } catch (error) {
        this.#losses.push(placeLoss(place, await causeOfLoss(this.driver, error)));
      }
      this.#progress('origins', ++done, places.length);
    });
  }

  /** Reads a place in a blank document of it. */
  async #readBlank(tab: Tab, place: VisitablePlace): Promise<OriginReading> {
    const timeoutMs = this.#timeoutMs;
    const frame = await visitPlace(this.driver, tab, place, timeoutMs);
    const takes = (kind: StateKind): boolean => this.#chooser.takesSome(kind, frame);
    // Permissions are those of a tab's own site.
    const isWanted = place.partition === undefined && takes('environment');
    const surroundings = isWanted ? ({ surroundings: 'permissions' } as const) : {};
    const options = { sessionStorage: false, shared: true, takes, ...surroundings, timeoutMs };
    const reading = await readOrigin({ driver: this.driver, tab, frame }, options);
    this.#around.add(place.origin, reading.surroundings);
    return reading;
  }

  async #assemble(
    cookies: Cookie[],
    tabs: TabState[],
    seen: ReadonlySet<string>,
    version: { browserVersion?: string; userAgent?: string },
  ): Promise<CapturedState> {
    const readings = [...this.#readings.values()].toSorted(byPlace);
    const kept = readings.flatMap((reading) => (isPart(reading, seen) ? [reading, ...(reading.buckets ?? [])] : []));
    const losses = [...this.#losses, ...readings.flatMap((reading) => reading.losses)].map(withAdvice);
    const environment = this.#around.environment();
    const document: SessionDocument = {
      format: 'psp-session',
      version: SESSION_VERSION,
      id: this.options.id,
      name: this.options.name,
      tags: [...(this.options.tags ?? [])],
      capturedAt: new Date().toISOString(),
      source: { engine: this.driver.engine, ...version, framework: this.driver.framework },
      cookies,
      origins: kept.map((reading): OriginState => reading.state),
      tabs,
      ...(environment === undefined ? {} : { environment }),
      ...(this.#bindings === undefined ? {} : { bindings: this.#bindings }),
      losses,
    };
    await this.options.named?.addTo(document, this.#timeoutMs);
    const batches = kept.flatMap((reading, origin) =>
      reading.batches.map(({ at, ...batch }): RecordBatch => ({ at: [origin, ...at] as RecordPlace, ...batch })),
    );
    return limitState(this.#chosen({ document, batches }), this.#maxBytes);
  }

  /** What was read and not chosen goes, and is counted with what was not read. */
  #chosen(whole: CapturedState): CapturedState {
    if (this.#chooser.takesAll) return whole;
    const { state, skipped } = chooseState(whole, this.#chooser);
    for (const { kind, origin, count } of skipped) this.#skipped.note(kind, origin, count);
    return { ...state, document: { ...state.document, skipped: this.#skipped.list() } };
  }

  #progress(step: Progress['step'], done: number, total: number): void {
    this.options.onProgress?.({ step, done, total });
  }
}

/**
 * Whether the origin is part of the session. One that is empty is, where the user has been: the restore empties it, so that no
 * other login stays there. One that was only guessed from a cookie is not, nor one of which we do not know that it is empty.
 */
function isPart(reading: OriginReading, seen: ReadonlySet<string>): boolean {
  const { state, losses } = reading;
  if (state.localStorage.length > 0 || state.indexedDB.length > 0 || hasDepot(reading)) return true;
  return losses.length === 0 && seen.has(placeKey(state));
}

/** By origin, what an origin has for itself first. */
function byPlace({ state: a }: OriginReading, { state: b }: OriginReading): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return showStoragePlace(a) < showStoragePlace(b) ? -1 : 1;
}
