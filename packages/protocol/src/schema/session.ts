/** The session document: what a browser knows that makes a site say "welcome back" (spec/psp-1.md, section "Session"). */
import { Type, type Static } from 'typebox';
import { Loss } from './loss.js';
import { WireString, WireValue } from './value.js';

/** The major version that this code writes. A reader refuses a higher one and migrates a lower one. */
export const SESSION_VERSION = 1;

/** The key of a partitioned cookie (CHIPS): the top-level site and whether a cross-site frame stood between. */
export const PartitionKey = Type.Object({ topLevelSite: Type.String(), hasCrossSiteAncestor: Type.Boolean() });
export type PartitionKey = Static<typeof PartitionKey>;

/**
 * A cookie (RFC 6265bis, section 5.5). `domain` has no leading dot; `hostOnly` tells whether subdomains receive it.
 * `expires` is in seconds since 1970, absent for a session cookie. `sameSite` is absent when the site set none.
 */
export const Cookie = Type.Object({
  name: Type.String(),
  value: Type.String(),
  domain: Type.String({ minLength: 1 }),
  hostOnly: Type.Boolean(),
  path: Type.String({ pattern: '^/' }),
  expires: Type.Optional(Type.Number({ minimum: 0 })),
  httpOnly: Type.Boolean(),
  secure: Type.Boolean(),
  sameSite: Type.Optional(Type.Union([Type.Literal('strict'), Type.Literal('lax'), Type.Literal('none')])),
  partitionKey: Type.Optional(PartitionKey),
  priority: Type.Optional(Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high')])),
  sourceScheme: Type.Optional(Type.Union([Type.Literal('unset'), Type.Literal('non-secure'), Type.Literal('secure')])),
  sourcePort: Type.Optional(Type.Integer({ minimum: -1, maximum: 65535 })),
});
export type Cookie = Static<typeof Cookie>;

/** One entry of localStorage or sessionStorage. */
export const StorageItem = Type.Object({ name: WireString, value: WireString });
export type StorageItem = Static<typeof StorageItem>;

export const IdbIndex = Type.Object({
  name: WireString,
  keyPath: Type.Union([WireString, Type.Array(WireString)]),
  unique: Type.Boolean(),
  multiEntry: Type.Boolean(),
});
export type IdbIndex = Static<typeof IdbIndex>;

/** One record; `key` stands for in-line keys too, so that a record has an identity without evaluating a key path. */
export const IdbRecord = Type.Object({ key: WireValue, value: WireValue });
export type IdbRecord = Static<typeof IdbRecord>;

/**
 * A line of the payload after the first: records that belong to the store `at`, given as indexes into the document's
 * `origins`, that origin's `indexedDB` and that database's `stores` (spec/psp-1.md, section "Payload").
 */
export const RecordLine = Type.Object({
  at: Type.Array(Type.Integer({ minimum: 0 }), { minItems: 3, maxItems: 3 }),
  records: Type.Array(IdbRecord),
});
export type RecordLine = Static<typeof RecordLine>;

/**
 * An object store. `keyGenerator` is the next number that the generator would give, 2^53 + 2 when it is exhausted, absent where there
 * is none.
 */
export const IdbStore = Type.Object({
  name: WireString,
  keyPath: Type.Union([Type.Null(), WireString, Type.Array(WireString)]),
  autoIncrement: Type.Boolean(),
  keyGenerator: Type.Optional(Type.Integer({ minimum: 1 })),
  indexes: Type.Array(IdbIndex),
  records: Type.Array(IdbRecord),
});
export type IdbStore = Static<typeof IdbStore>;

/** A database (Indexed Database API 3.0). Version is an integer from 1. */
export const IdbDatabase = Type.Object({
  name: WireString,
  version: Type.Integer({ minimum: 1 }),
  stores: Type.Array(IdbStore),
});
export type IdbDatabase = Static<typeof IdbDatabase>;

/** What one storage key holds. `origin` is an ASCII serialisation: scheme, host, and port unless it is the default. */
export const OriginState = Type.Object({
  origin: Type.String({ pattern: '^https?://[^/?#]+$' }),
  localStorage: Type.Array(StorageItem),
  indexedDB: Type.Array(IdbDatabase),
});
export type OriginState = Static<typeof OriginState>;

/** An open tab: sessionStorage belongs to a tab and, within it, to an origin. */
export const TabState = Type.Object({
  url: Type.String(),
  title: Type.Optional(Type.String()),
  active: Type.Optional(Type.Boolean({ description: 'the tab that the session was captured through' })),
  sessionStorage: Type.Array(Type.Object({ origin: Type.String(), items: Type.Array(StorageItem) })),
});
export type TabState = Static<typeof TabState>;

/** Where the session came from. What is unknown stays absent. */
export const Source = Type.Object({
  engine: Type.Union([Type.Literal('chromium'), Type.Literal('firefox'), Type.Literal('webkit')]),
  browserVersion: Type.Optional(Type.String()),
  userAgent: Type.Optional(Type.String()),
  framework: Type.Optional(Type.String()),
});
export type Source = Static<typeof Source>;

export const SessionDocument = Type.Object({
  format: Type.Literal('psp-session'),
  version: Type.Integer({ minimum: 1 }),
  id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' }),
  name: Type.String({ maxLength: 200 }),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 100 })),
  capturedAt: Type.String({ description: 'RFC 3339, UTC' }),
  source: Type.Optional(Source),
  cookies: Type.Array(Cookie),
  origins: Type.Array(OriginState),
  tabs: Type.Array(TabState),
  losses: Type.Array(Loss),
});
export type SessionDocument = Static<typeof SessionDocument>;
