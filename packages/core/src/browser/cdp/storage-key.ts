/**
 * Chromium's own text for a storage key (Storage, section 3; StorageKey::Serialize in third_party/blink/common/storage_key). Knows
 * nothing of frames. The text is the origin with a slash, then attributes, each a caret, a digit for its kind, and its value:
 *
 *     https://pay.example/                       of a document without a cross-site ancestor
 *     https://pay.example/^0https://shop.example of one below another site
 *     https://shop.example/^31                   of one below its own site, with a cross-site frame between
 *     https://pay.example/^112^213               with a nonce (two halves): of a credentialless frame, gone with its page
 *     https://pay.example/^412^513^6             below an opaque top-level site (two halves of its nonce, its precursor)
 */
import { isOrigin, originOf, type PartitionKey } from '@psp/protocol';

export interface StorageKey {
  /** Undefined where it is not of http or https. */
  readonly origin: string | undefined;
  readonly firstParty: boolean;
  /** Undefined where it is first-party, or no other browser can name the partition. */
  readonly partition: PartitionKey | undefined;
}

const TOP_LEVEL_SITE = '0';
const ANCESTOR_BIT = '3';

export function parseStorageKey(text: string): StorageKey {
  const [url = '', ...attributes] = text.split('^');
  const origin = originOf(url);
  const values = new Map(attributes.map((attribute) => [attribute.slice(0, 1), attribute.slice(1)]));
  return { origin, firstParty: attributes.length === 0, partition: partitionOf(origin, values) };
}

/** What a place below other sites is called: no part of the text that we do not know is guessed at. */
function partitionOf(origin: string | undefined, values: ReadonlyMap<string, string>): PartitionKey | undefined {
  if (origin === undefined || values.size !== 1) return undefined;
  const site = values.get(TOP_LEVEL_SITE);
  if (site !== undefined) return isOrigin(site) ? { topLevelSite: site, hasCrossSiteAncestor: true } : undefined;
  if (values.get(ANCESTOR_BIT) !== '1') return undefined;
  return { topLevelSite: siteOf(origin), hasCrossSiteAncestor: true };
}

/**
 * A site as it stands in a partition, by a host of it: scheme and host, as the port does not count. Where the top-level site is the
 * frame's own the key does not name it, and the frame's own host stands for it.
 */
export function siteOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}`;
}

/** Whether two origins may be of one site. Whoever says so may be wrong about hosts below a public suffix; who denies it is right. */
export function areAlike(a: string, b: string): boolean {
  const labels = (origin: string): string => new URL(origin).hostname.split('.').slice(-2).join('.');
  return labels(a) === labels(b);
}

/**
 * Whether the key of a frame is of a partition below a document at `partition.topLevelSite`. The browser names the site of that document
 * in its own way: the host asked for may be one below it, and a site that is the frame's own has no name in the key.
 */
export function isOfPartition(text: string, origin: string, partition: PartitionKey): boolean {
  const key = parseStorageKey(text);
  if (key.origin !== origin || key.partition === undefined || !partition.hasCrossSiteAncestor) return false;
  if (text.includes(`^${ANCESTOR_BIT}`)) return areAlike(origin, partition.topLevelSite);
  const [site, asked] = [new URL(key.partition.topLevelSite), new URL(partition.topLevelSite)];
  return site.protocol === asked.protocol && `.${asked.hostname}`.endsWith(`.${site.hostname}`);
}
