/** Where the parts of a session stand in a store, and how old a write is. */
import { isSessionId, PspError } from '@psp/protocol';

/** One write of a payload. `writeId` is a UUID version 7, so that its age is known without opening anything. */
export interface WritePlace {
  readonly id: string;
  readonly version: number;
  readonly writeId: string;
}

export const HEADS = 'h/';
export const MANIFESTS = 'm/';
export const PARTS = 'b/';
export const LEASES = 'l/';
/** Followed by a UUID version 7, which tells when the copy began. */
export const COPIES = 'c/';

export const headKey = (id: string): string => `${HEADS}${id}`;
export const leaseKey = (id: string): string => `${LEASES}${id}`;
export const manifestKey = ({ id, version, writeId }: WritePlace): string => `${MANIFESTS}${id}/${version}-${writeId}`;
export const partsPrefix = ({ id, writeId }: Pick<WritePlace, 'id' | 'writeId'>): string => `${PARTS}${id}/${writeId}/`;
export const partKey = (place: WritePlace, part: number): string =>
  `${partsPrefix(place)}${String(part).padStart(6, '0')}`;

/** Milliseconds since 1970 at which a write began (RFC 9562, section 5.7). */
export const startedAtMs = (writeId: string): number => Number.parseInt(writeId.replaceAll('-', '').slice(0, 12), 16);

/** Session and write of a manifest or part key, or undefined for other keys. */
export function writeOf(key: string): { id: string; writeId: string } | undefined {
  const [, id, writeId] =
    /^(?:m\/([^/]+)\/\d+-([^/]+)|b\/([^/]+)\/([^/]+)\/\d+)$/.exec(key)?.filter((part) => part !== undefined) ?? [];
  return id !== undefined && writeId !== undefined && isSessionId(writeId) ? { id, writeId } : undefined;
}

/** Throws INVALID_INPUT unless it is an id of a session. */
export function checkId(id: unknown): asserts id is string {
  if (typeof id === 'string' && isSessionId(id)) return;
  const found = typeof id === 'string' ? JSON.stringify(id.slice(0, 60)) : typeof id;
  throw new PspError('INVALID_INPUT', `id: expected the id of a session (a UUID version 7), found ${found}`);
}
