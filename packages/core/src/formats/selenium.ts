/** The cookies of WebDriver, as `getCookies` of every Selenium binding gives them (W3C WebDriver, section 14). */
import type { Cookie } from '@psp/protocol';
import { attributeLosses, cookieList, dottedDomain, expiresField, plainDomain, wholeSeconds } from './cookie.js';
import type { Format } from './format.js';
import { environmentLosses, storageLosses, tabLosses } from './losses.js';
import { boolean, number, object, oneOf, optional, parseJson, string } from './place.js';

const TO_SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
const FROM_SAME_SITE = { Strict: 'strict', Lax: 'lax', None: 'none' } as const;
const WITHOUT = ['partitionKey', 'priority', 'sourceScheme', 'sourcePort'];

export const selenium: Format = {
  name: 'selenium',
  extension: '.json',
  description: 'JSON array of WebDriver cookies: cookies only',
  write(document) {
    return {
      text: `${JSON.stringify(document.cookies.map(toWebDriver), undefined, 2)}\n`,
      losses: [
        ...attributeLosses(document.cookies, 'selenium', WITHOUT),
        ...storageLosses(document, 'selenium'),
        ...tabLosses(document, 'selenium'),
        ...environmentLosses(document, 'selenium'),
      ],
    };
  },
  read(text) {
    return { cookies: cookieList(parseJson(text, 'selenium'), fromWebDriver), origins: [], tabs: [], losses: [] };
  },
  recognises(json) {
    return Array.isArray(json) && json.some((item) => typeof item === 'object' && item !== null && 'expiry' in item);
  },
};

function toWebDriver(cookie: Cookie): object {
  return {
    name: cookie.name,
    value: cookie.value,
    path: cookie.path,
    domain: dottedDomain(cookie),
    secure: cookie.secure,
    httpOnly: cookie.httpOnly,
    ...(cookie.expires === undefined ? {} : { expiry: wholeSeconds(cookie.expires) }),
    ...(cookie.sameSite === undefined ? {} : { sameSite: TO_SAME_SITE[cookie.sameSite] }),
  };
}

function fromWebDriver(value: unknown, place: string): Cookie {
  const fields = object(value, place);
  const sameSite = optional(fields.sameSite, `${place}.sameSite`, (v, p) => oneOf(v, p, FROM_SAME_SITE));
  return {
    name: string(fields.name, `${place}.name`),
    value: string(fields.value, `${place}.value`),
    ...plainDomain(string(fields.domain, `${place}.domain`)),
    path: optional(fields.path, `${place}.path`, string) ?? '/',
    ...expiresField(optional(fields.expiry, `${place}.expiry`, number)),
    httpOnly: optional(fields.httpOnly, `${place}.httpOnly`, boolean) ?? false,
    secure: optional(fields.secure, `${place}.secure`, boolean) ?? false,
    ...(sameSite === undefined ? {} : { sameSite }),
  };
}
