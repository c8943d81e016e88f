/** What a capture, a restore or an export takes of a session by the user's choice, with the records that belong to it. */
import {
  type ChoicePlace,
  Chooser,
  chooseDocument,
  parseChoice,
  type ChoiceInput,
  ORIGIN_KINDS,
  type Skipped,
  type SkippedTally,
} from '@psp/protocol';
import type { RecordBatch, SessionState } from './state.js';

/** Takes what every one of the choices takes. Throws INVALID_INPUT naming a rule that is none. */
export function chooserOf(...choices: readonly ChoiceInput[]): Chooser {
  return new Chooser(choices.flatMap((choice) => parseChoice(choice) ?? []));
}

/** The part of a session that is taken. Its batches can be walked as often as those of the whole. */
export function chooseState<S extends SessionState>(
  state: S,
  chooser: Chooser,
): { state: Pick<S, 'document' | 'batches'>; skipped: readonly Skipped[] } {
  if (chooser.takesAll) return { state, skipped: [] };
  const { document, skipped, placeOf } = chooseDocument(state.document, chooser);
  const take = (batch: RecordBatch): RecordBatch | undefined => {
    const at = placeOf(batch.at);
    return at === undefined ? undefined : { ...batch, at };
  };
  const { batches } = state;
  const taken = Array.isArray(batches)
    ? (batches as RecordBatch[]).flatMap((batch) => take(batch) ?? [])
    : { [Symbol.asyncIterator]: () => takenOf(batches, take) };
  return { state: { document, batches: taken }, skipped };
}

async function* takenOf(
  batches: SessionState['batches'],
  take: (batch: RecordBatch) => RecordBatch | undefined,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    const taken = take(batch);
    if (taken !== undefined) yield taken;
  }
}

/** Notes what of an origin is not looked at: all of it, or kinds of state. */
export function noteUnread(skipped: SkippedTally, chooser: Chooser, place: ChoicePlace): void {
  const { origin } = place;
  if (!chooser.takesSomeOf(place)) return skipped.note('origin', origin, 1);
  for (const kind of [...ORIGIN_KINDS, 'sessionStorage'] as const)
    if (!chooser.takesSome(kind, place)) skipped.note(kind, origin);
}
