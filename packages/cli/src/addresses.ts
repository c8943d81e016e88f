/** The addresses that a person gives: of the site to log in to, and of a running browser. Checked before anything is opened. */
import { usageError } from './failure.js';

/** A host that needs no scheme to be one: `localhost`, `app.example`, `127.0.0.1:8080`, `[::1]`. */
const HOST = /^(?:localhost|[^\s:@]+\.[^\s:@]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** `app.example` means https://app.example. Throws INVALID_INPUT for anything but http and https. */
export function webAddress(given: string): URL {
  const text = HOST.test(given.split(/[/?#]/)[0] ?? '') ? `https://${given}` : given;
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw usageError('url: expected an address such as https://app.example, found something else');
  return url;
}

/** How to reach a running browser: each is an option of its own. */
export type AddressKind = 'cdp' | 'bidi' | 'webdriver';

interface AddressRow {
  readonly title: string;
  readonly form: string;
  /** The first is what a host without one is most likely to mean. */
  readonly schemes: readonly string[];
}

const ADDRESSES: Readonly<Record<AddressKind, AddressRow>> = {
  cdp: {
    title: 'a CDP address',
    form: 'http://host:port or ws://host:port/devtools/browser/ID',
    schemes: ['http', 'https', 'ws', 'wss'],
  },
  bidi: {
    title: 'a WebDriver BiDi address',
    form: 'ws://host:port or ws://host:port/session/ID',
    schemes: ['ws', 'wss'],
  },
  webdriver: { title: 'the address of a WebDriver server', form: 'http://host:port', schemes: ['http', 'https'] },
};

/** The address as it was given. Throws INVALID_INPUT, which never shows it: it may hold a token. */
export function browserAddress(kind: AddressKind, given: string): string {
  const { title, form, schemes } = ADDRESSES[kind];
  if (given === '') throw usageError(`--${kind}: expected an address on standard input, found nothing`);
  const scheme = /^([a-z]+):\/\//i.exec(given)?.[1]?.toLowerCase() ?? '';
  if (schemes.includes(scheme) && URL.canParse(given)) return given;
  const host = /^(?:(?:https?|wss?):\/\/)?([\w.-]+:\d+)\/?$/i.exec(given)?.[1];
  const better = host === undefined ? '' : `. Write ${schemes[0]}://${host}`;
  throw usageError(`--${kind}: expected ${title}, ${form}, found something else${better}`);
}
