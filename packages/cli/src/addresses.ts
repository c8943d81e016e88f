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

/** The CDP address that `--cdp` says, or standard input where it is "-": command lines can be seen by every user of a machine. */
export async function browserAddress(given: string): Promise<string> {
  const address = given === '-' ? await addressFromInput() : given;
  if (/^(?:https?|wss?):\/\//i.test(address) && URL.canParse(address)) return address;
  const host = /^[\w.-]+:\d+$/.test(address) ? `. Write http://${address}` : '';
  throw usageError(
    `--cdp: expected a CDP address, http://host:port or ws://host:port/devtools/browser/ID, found something else${host}`,
  );
}

async function addressFromInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  if (text.trim() === '') throw usageError('--cdp: expected an address on standard input, found nothing');
  return text.trim();
}
