/** What a call of `capture` takes and gives. */
import type { ChoiceInput, Loss, MergeConflict, SessionCounts, Skipped } from '@psp/protocol';
import type { Progress } from './capture.js';
import type { MaxBytes } from './max-bytes.js';

/** `include` and `exclude` narrow what `createSession` chose. */
export interface CaptureCallOptions extends ChoiceInput {
  /** Origins to look at besides those that PSP finds: `['https://app.example']`. */
  readonly origins?: readonly string[];
  /** Most bytes of a kind in one storage place, beside those of `createSession`: of two limits of a kind this one counts. */
  readonly maxBytes?: MaxBytes;
  /** Nothing is stored when anything was lost: INCOMPLETE instead, whose `report` names it. Default false. */
  readonly strict?: boolean;
  /** Milliseconds that one page may take to answer. Default 10,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** `merge`: where somebody else saved since, what both changed is merged and saved. Default: CONFLICT. */
  readonly onConflict?: 'error' | 'merge';
}

export interface CaptureReport {
  readonly id: string;
  readonly version: number;
  readonly counts: SessionCounts;
  /** Size of the session before compression and encryption. */
  readonly bytes: number;
  /** What could not be captured, each by name. */
  readonly losses: readonly Loss[];
  /** What was left out by choice. */
  readonly skipped: readonly Skipped[];
  readonly durationMs: number;
  /** After a merge: the parts that both sides had changed, and whose stands. */
  readonly conflicts?: readonly MergeConflict[];
}
