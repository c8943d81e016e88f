/** The site of a host: its registrable domain by the public suffix list, private suffixes included, as browsers have it. */
import { getDomain } from 'tldts';

/** A host that has none, such as an address, `localhost` or a public suffix, is its own site. Scheme and port are no part of it. */
export function siteOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true, extractHostname: false }) ?? host;
}
