/** Addresses of pages, and of our blank ones. */

/** A path of our own, so that a blank page can be told from the site's pages. */
export const BLANK_PATH = '/__psp_blank__';

/** The ASCII origin of an http or https address, else undefined. */
export function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

export function isBlank(url: string): boolean {
  return URL.canParse(url) && new URL(url).pathname === BLANK_PATH;
}
