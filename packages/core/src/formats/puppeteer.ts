/** The cookies of Puppeteer, as `browser.cookies()` gives and `browser.setCookie()` takes them (pptr.dev, CookieData). */
import type { Cookie, PartitionKey } from '@psp/protocol';
import { cookieList, dottedDomain, expiresField, plainDomain } from './cookie.js';
import type { Format } from './format.js';
import { environmentLosses, storageLosses, tabLosses } from './losses.js';
import { boolean, misplaced, number, object, oneOf, optional, parseJson, string } from './place.js';

const TO_SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
const FROM_SAME_SITE = { Strict: 'strict', Lax: 'lax', None: 'none', Default: undefined } as const;
const TO_PRIORITY = { low: 'Low', medium: 'Medium', high: 'High' } as const;
const FROM_PRIORITY = { Low: 'low', Medium: 'medium', High: 'high' } as const;
const TO_SCHEME = { unset: 'Unset', 'non-secure': 'NonSecure', secure: 'Secure' } as const;
const FROM_SCHEME = { Unset: 'unset', NonSecure: 'non-secure', Secure: 'secure' } as const;

export const puppeteer: Format = {
  name: 'puppeteer',
  extension: '.json',
  description: 'JSON array of Puppeteer cookies: cookies only',
  write(document) {
    return {
      text: `${JSON.stringify(document.cookies.map(toPuppeteer), undefined, 2)}\n`,
      losses: [storageLosses, tabLosses, environmentLosses].flatMap((losses) => losses(document, 'puppeteer')),
    };
  },
  read(text) {
    return { cookies: cookieList(parseJson(text, 'puppeteer'), fromPuppeteer), origins: [], tabs: [], losses: [] };
  },
  recognises(json) {
    return (
      Array.isArray(json) && json.every((item) => typeof item === 'object' && item !== null && !('expiry' in item))
    );
  },
};

function toPuppeteer(cookie: Cookie): object {
  const { partitionKey } = cookie;
  return {
    name: cookie.name,
    value: cookie.value,
    domain: dottedDomain(cookie),
    path: cookie.path,
    ...(cookie.expires === undefined ? {} : { expires: cookie.expires }),
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    ...(cookie.sameSite === undefined ? {} : { sameSite: TO_SAME_SITE[cookie.sameSite] }),
    ...(cookie.priority === undefined ? {} : { priority: TO_PRIORITY[cookie.priority] }),
    ...(cookie.sourceScheme === undefined ? {} : { sourceScheme: TO_SCHEME[cookie.sourceScheme] }),
    ...(cookie.sourcePort === undefined ? {} : { sourcePort: cookie.sourcePort }),
    ...(partitionKey === undefined
      ? {}
      : {
          partitionKey: {
            sourceOrigin: partitionKey.topLevelSite,
            hasCrossSiteAncestor: partitionKey.hasCrossSiteAncestor,
          },
        }),
  };
}

function fromPuppeteer(value: unknown, place: string): Cookie {
  const fields = object(value, place);
  const sameSite = optional(fields.sameSite, `${place}.sameSite`, (v, p) => oneOf(v, p, FROM_SAME_SITE));
  const priority = optional(fields.priority, `${place}.priority`, (v, p) => oneOf(v, p, FROM_PRIORITY));
  const sourceScheme = optional(fields.sourceScheme, `${place}.sourceScheme`, (v, p) => oneOf(v, p, FROM_SCHEME));
  const sourcePort = optional(fields.sourcePort, `${place}.sourcePort`, port);
  const partitionKey = optional(fields.partitionKey, `${place}.partitionKey`, partition);
  return {
    name: string(fields.name, `${place}.name`),
    value: string(fields.value, `${place}.value`),
    ...plainDomain(string(fields.domain, `${place}.domain`)),
    path: optional(fields.path, `${place}.path`, string) ?? '/',
    ...expiresField(optional(fields.expires, `${place}.expires`, number)),
    httpOnly: optional(fields.httpOnly, `${place}.httpOnly`, boolean) ?? false,
    secure: optional(fields.secure, `${place}.secure`, boolean) ?? false,
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(priority === undefined ? {} : { priority }),
    ...(sourceScheme === undefined ? {} : { sourceScheme }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
  };
}

/** Puppeteer takes a site alone too, and a missing ancestor bit as false. */
function partition(value: unknown, place: string): PartitionKey {
  if (typeof value === 'string') return { topLevelSite: value, hasCrossSiteAncestor: false };
  const fields = object(value, place);
  return {
    topLevelSite: string(fields.sourceOrigin, `${place}.sourceOrigin`),
    hasCrossSiteAncestor: optional(fields.hasCrossSiteAncestor, `${place}.hasCrossSiteAncestor`, boolean) ?? false,
  };
}

function port(value: unknown, place: string): number {
  const found = number(value, place);
  if (!Number.isInteger(found) || found < -1 || found > 65535) throw misplaced(place, 'a port from -1 to 65535', value);
  return found;
}
