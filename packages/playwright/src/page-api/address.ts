/** Addresses of pages, and of our blank ones. */

/** A path of our own, so that a blank page can be told from the site's pages. */
export const BLANK_PATH = '/__psp_blank__';

export function isBlank(url: string): boolean {
  return URL.canParse(url) && new URL(url).pathname === BLANK_PATH;
}
