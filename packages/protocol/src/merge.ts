/** Merges sessions, with their records in place, into one. Knows nothing of stores and browsers. */
import { Chooser } from './choice.js';
import { PspError } from './errors.js';
import { assemble } from './merge-document.js';
import { partsOf, placeIdentity, type Part } from './parts.js';
import { isSame } from './same.js';
import type { Choice } from './schema/choice.js';
import type { StateKind } from './schema/loss.js';
import type { Cookie, SessionDocument } from './schema/session.js';

export interface MergeInput {
  /** The session that all others come from. Without one nothing can be told deleted: what any session has stays. */
  readonly base?: SessionDocument;
  readonly sessions: readonly SessionDocument[];
}

/** A part that sessions hold differently, or that one deleted and another changed. Sessions are told by their `capturedAt`. */
export interface MergeConflict {
  readonly kind: StateKind;
  readonly origin: string;
  readonly item: string;
  /** Whose part stands, or whose deletion. */
  readonly kept: string;
  /** Those that hold something else. */
  readonly against: readonly string[];
  readonly deleted?: true;
}

export interface MergedSession {
  readonly document: SessionDocument;
  readonly conflicts: readonly MergeConflict[];
}

/**
 * What one session changed and the others left is taken; what one deleted is deleted, whatever the others did with it; where several
 * changed the same part, the latest `capturedAt` wins. A part that a session lacks is deleted only if it looked: not where a loss or
 * its choice says that it did not. Tabs, environment, access and authenticators are those of the newest session that has any. The id and
 * name are the newest session's, for the caller to replace. Throws INVALID_INPUT for no sessions, and for choices that cannot be joined.
 */
export function mergeSessions(input: MergeInput): MergedSession;
/** Without a common ancestor: the union, in which what was captured later wins. */
export function mergeSessions(...sessions: readonly SessionDocument[]): MergedSession;
export function mergeSessions(...given: readonly (SessionDocument | MergeInput)[]): MergedSession {
  const [first] = given;
  const input = first !== undefined && 'sessions' in first ? first : { sessions: given as SessionDocument[] };
  if (input.sessions.length === 0) throw new PspError('INVALID_INPUT', 'sessions: expected one or more, found none.');
  const sessions = [...input.sessions].sort((a, b) => Date.parse(a.capturedAt) - Date.parse(b.capturedAt));
  const choices = joinedChoices(sessions);
  const merge = new Merge(
    input.base === undefined ? undefined : new Side(input.base),
    sessions.map((one) => new Side(one)),
  );
  const parts = merge.parts();
  const known = input.base === undefined ? sessions : [input.base, ...sessions];
  return { document: assemble(parts, sessions, known, choices), conflicts: merge.conflicts };
}

class Side {
  readonly parts: ReadonlyMap<string, Part>;
  readonly #chooser: Chooser;

  constructor(readonly document: SessionDocument) {
    this.parts = new Map(Array.from(partsOf(document), (part) => [part.identity, part]));
    this.#chooser = new Chooser(document.choices);
  }

  /** Whether it would have the part if the browser had held it. */
  looked(part: Part): boolean {
    const { kind, place } = part;
    const { losses } = this.document;
    if (place === undefined) {
      const isTaken = this.#chooser.takesCookie(part.content as Cookie);
      return isTaken && !losses.some((loss) => loss.kind === 'cookie');
    }
    const isTaken = kind === 'origin' ? this.#chooser.takesSomeOf(place) : this.#chooser.takes(kind, place, part.names);
    const own = this.parts.get(placeIdentity(place))?.place;
    if (!isTaken || losses.some((loss) => isLossOf(loss, part, own !== undefined))) return false;
    // An absent member was not read.
    const member = MEMBERS[kind];
    return own === undefined || member === undefined || own[member] !== undefined;
  }
}

const MEMBERS: Partial<Record<StateKind, 'caches' | 'files' | 'serviceWorkers'>> = {
  cache: 'caches',
  file: 'files',
  serviceWorker: 'serviceWorkers',
};

/** Whether the loss explains that the part is not there. One of no origin speaks of origins that were not found. */
function isLossOf({ kind, origin }: SessionDocument['losses'][number], part: Part, isFound: boolean): boolean {
  if (kind === 'origin') return origin === undefined ? !isFound : origin === part.place?.origin;
  return origin === part.place?.origin && (kind === part.kind || part.kind === 'origin');
}

class Merge {
  readonly conflicts: MergeConflict[] = [];

  constructor(
    readonly base: Side | undefined,
    /** The oldest first. */
    readonly sides: readonly Side[],
  ) {}

  /** What stands, in the order in which it is first met. */
  parts(): Map<string, Part> {
    const merged = new Map<string, Part>();
    const all = [this.base, ...this.sides].filter((side) => side !== undefined);
    for (const identity of new Set(all.flatMap((side) => [...side.parts.keys()]))) {
      const part = this.#part(identity);
      if (part !== undefined) merged.set(identity, part);
    }
    for (const part of [...merged.values()]) this.#settleParent(part, merged);
    return merged;
  }

  /** What was added to a place that another session emptied keeps the place; what was added to a deleted database or folder goes with it. */
  #settleParent(part: Part, merged: Map<string, Part>): void {
    const { identity, parent, place } = part;
    if (parent === undefined || place === undefined || merged.has(parent)) return;
    if (parent === placeIdentity(place)) {
      const holder = this.sides.findLast((side) => side.parts.has(parent));
      const kept = holder?.parts.get(parent);
      if (kept !== undefined) return void merged.set(parent, kept);
    }
    merged.delete(identity);
    const holders = this.sides.filter((side) => side.parts.has(identity));
    const deleter = this.sides.findLast((side) => !side.parts.has(parent));
    if (deleter !== undefined && holders.length > 0) this.#conflict(part, deleter, holders, true);
  }

  #part(identity: string): Part | undefined {
    const before = this.base?.parts.get(identity);
    const holders = this.sides.filter((side) => side.parts.has(identity));
    const contentOf = (side: Side): unknown => side.parts.get(identity)?.content;
    const changed = holders.filter((side) => before === undefined || !isSame(contentOf(side), before.content));
    if (before !== undefined) {
      const deleter = this.sides.findLast((side) => !side.parts.has(identity) && side.looked(before));
      if (deleter !== undefined) {
        if (changed.length > 0) this.#conflict(before, deleter, changed, true);
        return undefined;
      }
    }
    const winner = changed.at(-1);
    if (winner === undefined) return before;
    const others = changed.filter((side) => !isSame(contentOf(side), contentOf(winner)));
    const part = winner.parts.get(identity) as Part;
    if (others.length > 0) this.#conflict(part, winner, others, false);
    return part;
  }

  #conflict({ kind, origin, item }: Part, winner: Side, others: readonly Side[], deleted: boolean): void {
    const kept = winner.document.capturedAt;
    const against = others.map(({ document }) => document.capturedAt);
    this.conflicts.push({ kind, origin, item, kept, against, ...(deleted ? { deleted } : {}) });
  }
}

/** What any of the sessions is about: all, where one of them is about all; else what they include. */
function joinedChoices(sessions: readonly SessionDocument[]): readonly Choice[] {
  const lists = sessions.map(({ choices = [] }) => choices);
  const [first = []] = lists;
  if (lists.some((list) => list.length === 0)) return [];
  if (lists.every((list) => isSame(list, first))) return first;
  const included = lists.flatMap(([choice, ...more]) =>
    more.length > 0 || choice?.exclude !== undefined || choice?.include === undefined ? [undefined] : choice.include,
  );
  if (included.every((rule) => rule !== undefined)) return [{ include: included }];
  throw new PspError(
    'INVALID_INPUT',
    'sessions: expected the same choice in all, or choices that only include: what each left out by other rules cannot be told in one session.',
  );
}
