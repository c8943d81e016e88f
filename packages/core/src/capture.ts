/** Capture: reads a whole session over a browser driver. Writes nothing anywhere, and changes nothing that a user sees. */
import {
  PspError,
  SESSION_VERSION,
  type Cookie,
  type Loss,
  type OriginState,
  type SessionDocument,
  type StorageItem,
  type TabState,
} from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from './browser/driver.js';
import { HelperPool } from './helper-pool.js';
import { withAdvice } from './losses.js';
import { addressOf, candidateOrigins } from './origins.js';
import { readOrigin, type OriginReading } from './read-origin.js';
import type { RecordBatch, SessionState } from './state.js';

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
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** What one tab tells. Its state is undefined where it is no page of a site. */
interface TabReading {
  readonly state: TabState | undefined;
  readonly frames: Frame[];
  readonly urls: string[];
}

/** The state in memory: its batches can be walked more than once. */
export interface CapturedState extends SessionState {
  readonly batches: RecordBatch[];
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Captures cookies, the storage of every origin that can be found, and the open tabs with their sessionStorage. What cannot
 * be read becomes a loss in the document; only a browser that is gone or does not answer at all throws (BROWSER_GONE, TIMEOUT).
 * Spec: PSP-CAP.
 */
export async function captureState(driver: BrowserDriver, options: CaptureOptions): Promise<CapturedState> {
  const run = new CaptureRun(driver, options);
  return run.capture();
}

class CaptureRun {
  readonly #readings = new Map<string, OriginReading>();
  readonly #losses: Loss[] = [];
  readonly #timeoutMs: number;

  constructor(
    readonly driver: BrowserDriver,
    readonly options: CaptureOptions,
  ) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  async capture(): Promise<CapturedState> {
    this.#progress('cookies', 0, 1);
    const [{ cookies, losses }, version, found] = await Promise.all([
      this.driver.cookies(),
      this.driver.version(),
      this.#readTabs(),
    ]);
    this.#losses.push(...losses);
    const candidates = candidateOrigins({
      frames: found.flatMap((tab) => tab.frames),
      urls: found.flatMap((tab) => tab.urls),
      cookies,
      visited: this.driver.visited(),
      given: this.options.origins ?? [],
    });
    await this.#readUnopened(candidates.filter((origin) => !this.#readings.has(origin)));
    return this.#assemble(
      cookies,
      found.flatMap((tab) => tab.state ?? []),
      version,
    );
  }

  async #readTabs(): Promise<TabReading[]> {
    const tabs = await this.driver.tabs();
    this.#progress('tabs', 0, tabs.length);
    return Promise.all(tabs.map((tab) => this.#readTab(tab)));
  }

  /** Reads a tab's own sessionStorage, and the storage of the origins that it has open. */
  async #readTab(tab: Tab): Promise<TabReading> {
    const urls = [tab.url];
    const sessionStorage: TabState['sessionStorage'] = [];
    let frames: Frame[] = [];
    try {
      const listed = this.driver.frames(tab, { timeoutMs: this.#timeoutMs });
      listed.catch(() => undefined); // awaited below, once the history is there
      urls.push(...(await this.driver.history(tab)));
      frames = await listed;
      for (const frame of firstOfEachOrigin(frames)) {
        const items = await this.#readFrame(tab, frame);
        if (items.length > 0) sessionStorage.push({ origin: frame.origin as string, items });
      }
    } catch (error) {
      await this.#lose(error, (cause) => tabLoss(tab, cause));
    }
    return { state: tabState(tab, sessionStorage), frames, urls };
  }

  async #readFrame(tab: Tab, frame: Frame): Promise<StorageItem[]> {
    const origin = frame.origin as string;
    const first = !this.#readings.has(origin);
    // Claimed before the wait, so that another tab of the origin does not read it too.
    if (first) this.#readings.set(origin, emptyReading(origin));
    try {
      const place = { driver: this.driver, tab, frame };
      const reading = await readOrigin(place, { sessionStorage: true, shared: first, timeoutMs: this.#timeoutMs });
      if (first) this.#readings.set(origin, reading);
      else this.#losses.push(...reading.losses);
      return reading.sessionStorage ?? [];
    } catch (error) {
      // Another way remains: a blank document of the origin in a helper tab.
      if (first) this.#readings.delete(origin);
      throw error;
    }
  }

  async #readUnopened(origins: readonly string[]): Promise<void> {
    let done = 0;
    const pool = new HelperPool(this.driver);
    try {
      await pool.forEach(origins, async (tab, origin) => {
        try {
          const frame = await this.driver.visitOffline(tab, origin, { timeoutMs: this.#timeoutMs });
          const place = { driver: this.driver, tab, frame };
          const reading = await readOrigin(place, { sessionStorage: false, shared: true, timeoutMs: this.#timeoutMs });
          this.#readings.set(origin, reading);
        } catch (error) {
          await this.#lose(error, (cause) => originLoss(origin, cause));
        }
        this.#progress('origins', ++done, origins.length);
      });
    } finally {
      await pool.close();
    }
  }

  /** A loss stands for what one place refused. A bug, or a browser that is gone as a whole, goes on up instead. */
  async #lose(error: unknown, lossOf: (cause: PspError) => Loss): Promise<void> {
    if (!(error instanceof PspError)) throw error;
    if (error.code === 'BROWSER_GONE') await this.driver.version();
    this.#losses.push(lossOf(error));
  }

  #assemble(
    cookies: Cookie[],
    tabs: TabState[],
    version: { browserVersion?: string; userAgent?: string },
  ): CapturedState {
    const readings = [...this.#readings.values()].filter(
      ({ state, losses }) => state.localStorage.length > 0 || state.indexedDB.length > 0 || losses.length > 0,
    );
    readings.sort((a, b) => (a.state.origin < b.state.origin ? -1 : 1));
    const kept = readings.filter(({ state }) => state.localStorage.length > 0 || state.indexedDB.length > 0);
    const losses = [...this.#losses, ...readings.flatMap((reading) => reading.losses)].map(withAdvice);
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
      losses,
    };
    const batches = kept.flatMap((reading, origin) =>
      reading.batches.map(({ at: [database, store], count, json }): RecordBatch => ({
        at: [origin, database, store],
        count,
        json,
      })),
    );
    return { document, batches };
  }

  #progress(step: Progress['step'], done: number, total: number): void {
    this.options.onProgress?.({ step, done, total });
  }
}

/** Storage is shared by all frames of an origin in a tab; partitioned frames have storage of their own. */
function firstOfEachOrigin(frames: readonly Frame[]): Frame[] {
  const seen = new Map<string, Frame>();
  for (const frame of frames) {
    if (frame.origin !== undefined && frame.firstParty && !seen.has(frame.origin)) seen.set(frame.origin, frame);
  }
  return [...seen.values()];
}

/** Blank tabs and the browser's own pages are not part of a session. */
function tabState(tab: Tab, sessionStorage: TabState['sessionStorage']): TabState | undefined {
  if (!/^https?:/.test(tab.url)) return undefined;
  return {
    url: tab.url,
    // A page may put half a character into its title, which JSON between languages cannot carry.
    ...(tab.title === undefined ? {} : { title: tab.title.toWellFormed() }),
    ...(tab.primary ? { active: true } : {}),
    sessionStorage,
  };
}

function emptyReading(origin: string): OriginReading {
  return { state: { origin, localStorage: [], indexedDB: [] }, batches: [], losses: [], sessionStorage: [] };
}

function tabLoss(tab: Tab, cause: PspError): Loss {
  const crashed = cause.message.includes('crashed');
  return {
    code: crashed ? 'tab-crashed' : 'tab-blocked',
    kind: 'tab',
    item: addressOf(tab.url),
    detail: cause.message,
  };
}

function originLoss(origin: string, cause: PspError): Loss {
  const code = cause.code === 'TIMEOUT' ? 'origin-timeout' : 'origin-failed';
  return { code, kind: 'origin', origin, detail: cause.message };
}
