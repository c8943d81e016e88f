/** Playwright's storage state: what `context.storageState({ indexedDB: true })` gives and `newContext({ storageState })` takes. */
import {
  fromWireString,
  toWireString,
  type Cookie,
  type Loss,
  type OriginState,
  type SessionDocument,
} from '@psp/protocol';
import { attributeLosses, checkedCookie, dottedDomain, expiresField, plainDomain } from './cookie.js';
import type { Format } from './format.js';
import { depotLosses, environmentLosses, formatLoss, storageLosses, tabLosses } from './losses.js';
import {
  array,
  boolean,
  misplaced,
  number,
  object,
  oneOf,
  optional,
  parseJson,
  string,
  type JsonObject,
} from './place.js';
import { readDatabase, writeDatabase } from './playwright-database.js';

const TO_SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
const FROM_SAME_SITE = { Strict: 'strict', Lax: 'lax', None: 'none' } as const;

export const playwright: Format = {
  name: 'playwright',
  extension: '.json',
  description: "Playwright's storage state: cookies, localStorage and IndexedDB",
  write(document) {
    const losses: Loss[] = attributeLosses(document.cookies, 'playwright', ['priority', 'sourceScheme', 'sourcePort']);
    const state = {
      cookies: document.cookies.map(writeCookie),
      origins: document.origins.filter(isPlainOrigin).map((origin) => writeOrigin(origin, losses)),
    };
    const others = document.origins.filter((origin) => !isPlainOrigin(origin));
    losses.push(...storageLosses({ ...document, origins: others }, 'playwright'));
    losses.push(...depotLosses({ ...document, origins: document.origins.filter(isPlainOrigin) }, 'playwright'));
    losses.push(...tabLosses(document, 'playwright'), ...environmentLosses(document, 'playwright'));
    return { text: `${JSON.stringify(state, undefined, 2)}\n`, losses };
  },
  read(text) {
    const fields = object(parseJson(text, 'playwright'), 'storage state');
    const cookies = array(fields.cookies ?? [], 'cookies').map((cookie, at) => readCookie(cookie, `cookies[${at}]`));
    const losses: Loss[] = [];
    const origins = array(fields.origins ?? [], 'origins').flatMap((json, at) =>
      readOrigin(json, `origins[${at}]`, losses),
    );
    if ('credentials' in fields) {
      losses.push(formatLoss('origin', undefined, 'credentials', 'a session does not hold virtual passkeys'));
    }
    return { cookies, origins, tabs: [], losses };
  },
  recognises(json) {
    const fields = json as Partial<SessionDocument> | undefined;
    return Array.isArray(fields?.cookies) && Array.isArray(fields.origins) && fields.format === undefined;
  },
};

/** The format knows origins only. */
const isPlainOrigin = ({ partition, bucket }: OriginState): boolean => partition === undefined && bucket === undefined;

function writeCookie(cookie: Cookie): object {
  return {
    name: cookie.name,
    value: cookie.value,
    domain: dottedDomain(cookie),
    path: cookie.path,
    expires: cookie.expires ?? -1,
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    // Playwright passes an absent sameSite on as absent, which keeps "unset" apart from "Lax".
    ...(cookie.sameSite === undefined ? {} : { sameSite: TO_SAME_SITE[cookie.sameSite] }),
    ...(cookie.partitionKey === undefined
      ? {}
      : {
          partitionKey: cookie.partitionKey.topLevelSite,
          _crHasCrossSiteAncestor: cookie.partitionKey.hasCrossSiteAncestor,
        }),
  };
}

function readCookie(json: unknown, place: string): Cookie {
  const fields = object(json, place);
  const sameSite = optional(fields.sameSite, `${place}.sameSite`, (v, p) => oneOf(v, p, FROM_SAME_SITE));
  const cookie: Cookie = {
    name: string(fields.name, `${place}.name`),
    value: string(fields.value, `${place}.value`),
    ...plainDomain(string(fields.domain, `${place}.domain`)),
    path: string(fields.path, `${place}.path`),
    ...expiresField(optional(fields.expires, `${place}.expires`, number)),
    httpOnly: optional(fields.httpOnly, `${place}.httpOnly`, boolean) ?? false,
    secure: optional(fields.secure, `${place}.secure`, boolean) ?? false,
    ...(sameSite === undefined ? {} : { sameSite }),
    ...readPartition(fields, place),
  };
  return checkedCookie(cookie, place);
}

/** Without the ancestor bit Playwright itself assumes that there is a cross-site ancestor. */
function readPartition(fields: JsonObject, place: string): Pick<Cookie, 'partitionKey'> {
  const topLevelSite = optional(fields.partitionKey, `${place}.partitionKey`, string);
  if (topLevelSite === undefined) return {};
  const bit = optional(fields._crHasCrossSiteAncestor, `${place}._crHasCrossSiteAncestor`, boolean);
  return { partitionKey: { topLevelSite, hasCrossSiteAncestor: bit ?? true } };
}

function writeOrigin({ origin, localStorage, indexedDB }: OriginState, losses: Loss[]): object {
  return {
    origin,
    localStorage: localStorage.map(({ name, value }) => ({ name: fromWireString(name), value: fromWireString(value) })),
    ...(indexedDB.length === 0
      ? {}
      : { indexedDB: indexedDB.map((database) => writeDatabase(database, { origin, losses })) }),
  };
}

function readOrigin(json: unknown, place: string, losses: Loss[]): OriginState[] {
  const fields = object(json, place);
  const origin = string(fields.origin, `${place}.origin`);
  if (!/^https?:/.test(origin)) {
    losses.push({ code: 'origin-skipped', kind: 'origin', origin });
    return [];
  }
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw misplaced(`${place}.origin`, 'an origin such as https://example.com', origin);
  }
  if (Array.isArray(fields.opfs) && fields.opfs.length > 0) {
    losses.push(formatLoss('origin', origin, 'opfs', `private files are not imported (${fields.opfs.length})`));
  }
  const items = array(fields.localStorage ?? [], `${place}.localStorage`);
  const databases = array(fields.indexedDB ?? [], `${place}.indexedDB`);
  return [
    {
      origin,
      localStorage: items.map((item, at) => readItem(item, `${place}.localStorage[${at}]`)),
      indexedDB: databases.map((database, at) => readDatabase(database, `${place}.indexedDB[${at}]`)),
    },
  ];
}

function readItem(json: unknown, place: string): OriginState['localStorage'][number] {
  const fields = object(json, place);
  return {
    name: toWireString(string(fields.name, `${place}.name`)),
    value: toWireString(string(fields.value, `${place}.value`)),
  };
}
