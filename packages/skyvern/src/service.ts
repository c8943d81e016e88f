/** A Skyvern service as its user names it: where it is, and the key for it. Knows nothing of browser sessions. */
import { PspError } from '@psp/protocol';

/** Where the API of Skyvern's own service is; a server of one's own listens on http://localhost:8000 by default. */
const DEFAULT_BASE_URL = 'https://api.skyvern.com';

export interface ServiceOptions {
  /** Default: `SKYVERN_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** The API without `/v1`. Default: `SKYVERN_BASE_URL`, else `https://api.skyvern.com`. */
  readonly baseUrl?: string | undefined;
}

export interface Service {
  readonly baseUrl: URL;
  /** The one header that Skyvern knows its users by. */
  readonly headers: { readonly 'x-api-key': string };
}

/** What the options and the environment name. Throws INVALID_INPUT, in words that never hold the key. */
export function serviceOf(options: ServiceOptions): Service {
  const apiKey = options.apiKey ?? process.env['SKYVERN_API_KEY'];
  if (apiKey === undefined || apiKey === '') {
    throw new PspError('INVALID_INPUT', 'Expected an API key of Skyvern: the option apiKey, or SKYVERN_API_KEY.');
  }
  // What cannot stand in a header would be quoted in the error of whoever tries.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new PspError(
      'INVALID_INPUT',
      'The API key of Skyvern holds a character that no header can: a space or a line end?',
    );
  }
  return {
    baseUrl: checkedBaseUrl(options.baseUrl ?? process.env['SKYVERN_BASE_URL'] ?? DEFAULT_BASE_URL),
    headers: { 'x-api-key': apiKey },
  };
}

function checkedBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new PspError('INVALID_INPUT', `Expected the base URL of Skyvern as https://host, as in ${DEFAULT_BASE_URL}.`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
