/** Refuses what is not whole, for those who want all or nothing. Knows nothing of how anything is captured or restored. */
import {
  countSession,
  type Loss,
  PspError,
  type SessionCounts,
  type SessionDocument,
  type Skipped,
} from '@psp/protocol';
import type { BrowserFeatures } from './browser/driver.js';
import { withAdvice } from './losses.js';
import type { RestoreReport } from './restore-report.js';

/** What a session holds, what was left out by choice, and what was lost, each with what to do. */
export interface SessionReport {
  readonly captured: SessionCounts;
  readonly skipped: readonly Skipped[];
  readonly lost: readonly Loss[];
}

/** `counts` are those of the whole session, records included. */
export function reportOf({ losses, skipped = [] }: SessionDocument, counts: SessionCounts): SessionReport {
  return { captured: counts, skipped, lost: losses.map(withAdvice) };
}

/** Throws INCOMPLETE, with the report, when the session or what is made of it lacks something. */
export function refuseLosses(
  document: SessionDocument,
  losses: readonly Loss[] = document.losses,
  batches: Iterable<{ readonly count: number }> = [],
): void {
  if (losses.length === 0) return;
  const report = reportOf({ ...document, losses: [...losses] }, countSession(document, batches));
  throw new PspError('INCOMPLETE', `strict: expected no losses, found ${namesOf(losses)}.`, { report });
}

/** Throws RESTORE_INCOMPLETE when a restore lost something. */
export function refuseLossesOfRestore(report: RestoreReport): void {
  if (report.losses.length === 0) return;
  throw new PspError('RESTORE_INCOMPLETE', `strict: expected no losses, found ${namesOf(report.losses)}.`, { report });
}

/** What is known before a restore that the browser will not take. */
export function foreseenLosses({ cookies, origins }: SessionDocument, features: BrowserFeatures): Loss[] {
  const nowSeconds = Date.now() / 1000;
  const isExpired = (expires: number | undefined): boolean => expires !== undefined && expires <= nowSeconds;
  const expired = cookies.filter(({ expires }) => isExpired(expires));
  const partitioned = features.partitionedCookies
    ? []
    : cookies.filter(({ partitionKey }) => partitionKey !== undefined);
  const below = features.partitionedStorage ? [] : origins.filter(({ partition }) => partition !== undefined);
  const noPartitions = 'this browser or framework does not offer partitions';
  return [
    ...expired.map(({ name, domain }): Loss => ({
      code: 'cookie-expired',
      kind: 'cookie',
      item: `${name} (${domain})`,
    })),
    ...partitioned.map(({ name, domain }): Loss => ({
      ...{ code: 'cookie-refused', kind: 'cookie', item: `${name} (${domain})`, detail: noPartitions },
    })),
    ...below.map(({ origin, partition }): Loss => ({
      ...{ code: 'partitioned-storage-not-restored', kind: 'origin', origin },
      ...{ item: `below ${partition?.topLevelSite}`, detail: noPartitions },
    })),
  ].map(withAdvice);
}

function namesOf(losses: readonly Loss[]): string {
  const SHOWN = 3;
  const names = losses.slice(0, SHOWN).map(({ code, item, origin }) => {
    const where = [item, origin].filter((part) => part !== undefined).join(' of ');
    return where === '' ? code : `${code} (${where})`;
  });
  const more = losses.length > SHOWN ? ` and ${losses.length - SHOWN} more` : '';
  return `${losses.length}: ${names.join(', ')}${more}`;
}
