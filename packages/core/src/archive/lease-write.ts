/** Puts the record of a lease by compare-and-swap, and settles what became of it when the reply was lost. */
import { PspError } from '@psp/protocol';
import type { ArchiveContext } from './context.js';
import { readLease, sealLease, type LeaseContent, type LeaseRecord } from './lease-record.js';
import { leaseKey } from './place.js';

/**
 * The record as it stands now, or undefined when somebody else's does. `isOwn` knows earlier records of the same holder, whose put may
 * have come late. Throws OUTCOME_UNKNOWN when the store cannot tell, or when the put may still come: it can be tried again.
 */
export async function putLease(
  context: Pick<ArchiveContext, 'store' | 'keys'>,
  content: LeaseContent,
  before: { readonly etag: string } | undefined,
  isOwn: (nonce: string) => boolean = () => false,
): Promise<LeaseRecord | undefined> {
  const body = await sealLease(content);
  const condition = before === undefined ? ({ absent: true } as const) : { etag: before.etag };
  try {
    const etag = await context.store.put(leaseKey(content.id), body, condition);
    return { ...content, etag };
  } catch (error) {
    if (!(error instanceof PspError) || !['CONFLICT', 'OUTCOME_UNKNOWN'].includes(error.code)) throw error;
    const found = await readLease(context.store, context.keys, content.id).catch(() => {
      throw new PspError('OUTCOME_UNKNOWN', `lease of session ${content.id}: ${error.message}`, { cause: error });
    });
    const nonce = found === undefined || 'damaged' in found ? undefined : found.nonce;
    if (nonce === content.nonce) return found as LeaseRecord;
    if (error.code === 'OUTCOME_UNKNOWN' && found?.etag === before?.etag) throw error;
    return nonce !== undefined && isOwn(nonce) ? putLease(context, content, found, isOwn) : undefined;
  }
}
