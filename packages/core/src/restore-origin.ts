/** Restores one origin at a time in helper tabs. Knows nothing of when, nor of the order. */
import { Chooser, showStoragePlace, type Loss, type OriginState, type SessionDocument } from '@psp/protocol';
import type { OriginBatches } from './batches.js';
import type { BrowserDriver, Tab } from './browser/driver.js';
import { depotLoad } from './depot-load.js';
import type { WithTab } from './helper-pool.js';
import type { RestoreAccounts } from './restore-report.js';
import type { SurroundingsRestore } from './restore-surroundings.js';
import { checkPartition, lossWithoutPartition, visitPlace } from './visit-place.js';
import { writeOrigin } from './write-origin.js';

export class OriginRestore {
  readonly #chooser: Chooser;
  #finished = 0;

  constructor(
    readonly driver: BrowserDriver,
    readonly document: SessionDocument,
    readonly accounts: RestoreAccounts,
    readonly timeoutMs: number,
    readonly around: SurroundingsRestore,
  ) {
    this.#chooser = new Chooser(document.choices);
  }

  stateOf({ origin }: OriginBatches): OriginState {
    return this.document.origins[origin] as OriginState;
  }

  /** An origin that fails is noted, and does not cost the others. Throws only what ends the whole restore. */
  async write(item: OriginBatches, withTab: WithTab): Promise<void> {
    const state = this.stateOf(item);
    const name = showStoragePlace(state);
    try {
      await this.accounts.part(name, { code: 'origin-failed', kind: 'origin', origin: name }, () =>
        this.#replace(item, withTab).catch((error: unknown) => leftOut(error, state)),
      );
    } finally {
      item.settle();
    }
    this.accounts.onProgress?.({ step: 'origins', done: ++this.#finished, total: this.document.origins.length });
  }

  async #replace(item: OriginBatches, withTab: WithTab): Promise<void> {
    const state = this.stateOf(item);
    checkPartition(this.driver, state.partition);
    const losses = await withTab(
      (tab) => this.#write(tab, state, item),
      () => item.repeatable(),
    );
    this.accounts.lose(losses);
  }

  async #write(tab: Tab, state: OriginState, { batches }: OriginBatches): Promise<Loss[]> {
    const { driver, timeoutMs } = this;
    const frame = await visitPlace(driver, tab, state, timeoutMs);
    const bucket = state.bucket === undefined ? {} : { bucket: state.bucket };
    const place = { driver, tab, frame, ...bucket };
    const seen = this.around.look(place);
    const depot = depotLoad(state, this.document, this.#chooser);
    const losses = await writeOrigin(place, state, batches, { depot, timeoutMs, chooser: this.#chooser });
    await seen;
    return losses;
  }
}

/** What the browser has no place for. Throws any other failure. */
function leftOut(error: unknown, state: OriginState): Loss {
  const loss = lossWithoutPartition(error, state);
  if (loss === undefined) throw error;
  return loss;
}
