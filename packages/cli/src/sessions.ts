/** Finding sessions in the store: all of them, and the one that a person means. */
import type { Archive, SessionPage } from '@psp/core';
import { isSessionId, PspError, type SessionMetadata } from '@psp/protocol';
import { plural } from './units.js';

/** Shorter beginnings of an id are refused: they would soon mean another session. */
const SHORTEST_PREFIX = 8;

export interface Sessions {
  readonly sessions: readonly SessionMetadata[];
  /** Those that cannot be opened, each with its reason. */
  readonly damaged: SessionPage['damaged'];
}

/** Pages as large as a store gives: a page of the archive begins a listing of the store anew. */
const PAGE = 1000;

export async function allSessions(archive: Archive): Promise<Sessions> {
  const sessions: SessionMetadata[] = [];
  const damaged: SessionPage['damaged'] = [];
  let page = await archive.list({ limit: PAGE });
  for (;;) {
    sessions.push(...page.items);
    damaged.push(...page.damaged);
    if (page.next === undefined) return { sessions, damaged };
    page = await archive.list({ after: page.next, limit: PAGE });
  }
}

/**
 * Throws KEY_MISMATCH when there are sessions and every one of them was sealed with another key: then it is the key that is
 * wrong, and not the sessions. The report of the error names them.
 */
export function refuseForeignKey(found: Pick<SessionPage, 'items' | 'damaged'>, store: string): void {
  const [first] = found.damaged;
  if (first === undefined || found.items.length > 0 || found.damaged.some(({ error }) => error.code !== 'KEY_MISMATCH'))
    return;
  const damaged = damagedViews(found.damaged);
  const why = first.error.message.replace(/^session [0-9a-f-]+: /, '');
  throw new PspError(
    'KEY_MISMATCH',
    `no session in ${store} can be opened (${plural(damaged.length, 'session')}): ${why}`,
    { cause: first.error, report: { damaged } },
  );
}

/** As --json shows them. */
export function damagedViews(damaged: SessionPage['damaged']) {
  return damaged.map(({ id, error }) => ({ id, code: error.code, message: error.message }));
}

/**
 * The id of the session that has this id or this name, or whose id alone begins thus. Throws NOT_FOUND, DELETED, or
 * AMBIGUOUS with the ids that fit.
 */
export async function findSession(archive: Archive, given: string): Promise<string> {
  try {
    return await archive.find(given);
  } catch (error) {
    if (!(error instanceof PspError) || error.code !== 'NOT_FOUND' || !isPrefix(given)) throw error;
    const { sessions, damaged } = await allSessions(archive);
    const ids = [...sessions, ...damaged].map(({ id }) => id).filter((id) => id.startsWith(given));
    if (ids.length === 1) return ids[0] as string;
    if (ids.length === 0) throw error;
    throw new PspError('AMBIGUOUS', `${ids.length} sessions have an id that begins with ${given}: ${ids.join(', ')}`);
  }
}

/** The shortest beginning by which each id can be named; at least the part that tells the time, so that lists look even. */
export function shortIds(ids: readonly string[]): string[] {
  const TIME_PART = 13;
  // Of all others, the neighbours in order share the longest beginning.
  const sorted = ids.toSorted();
  const lengths = new Map(
    sorted.map((id, at) => [id, Math.max(TIME_PART, shared(id, sorted[at - 1]) + 1, shared(id, sorted[at + 1]) + 1)]),
  );
  return ids.map((id) => id.slice(0, lengths.get(id)));
}

/** Characters that two ids have in common at their beginning. */
function shared(id: string, other = ''): number {
  const first = [...id].findIndex((character, at) => character !== other[at]);
  return first === -1 ? id.length : first;
}

function isPrefix(given: string): boolean {
  return given.length >= SHORTEST_PREFIX && !isSessionId(given) && /^[0-9a-f]{8}(-[0-9a-f-]*)?$/.test(given);
}
