/** Counts what was left out by choice. */
import type { Skipped } from './schema/choice.js';
import type { StateKind } from './schema/loss.js';

export class SkippedTally {
  readonly #found = new Map<string, Skipped>();

  /** `count` is undefined where it was not looked at, 0 where there was nothing to leave. */
  note(kind: StateKind, origin: string | undefined, count?: number): void {
    if (count === 0) return;
    const key = JSON.stringify([kind, origin]);
    const before = this.#found.get(key)?.count ?? 0;
    const sum = count === undefined ? before : before + count;
    this.#found.set(key, {
      kind,
      ...(origin === undefined ? {} : { origin }),
      ...(sum === 0 ? {} : { count: sum }),
    });
  }

  list(): Skipped[] {
    return [...this.#found.values()];
  }
}
