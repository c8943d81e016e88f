/** The session document: what a browser knows that makes a site say "welcome back" (spec/psp-1.md, section "Session"). */
import { Type, type Static } from 'typebox';
import { Choice, Skipped } from './choice.js';
import { Binding } from './binding.js';
import { Environment, HttpAccess, VirtualAuthenticator } from './environment.js';
import { Loss } from './loss.js';
import { WireString, WireValue } from './value.js';

/** The major version that this code writes. A reader refuses a higher one and migrates a lower one. */
export const SESSION_VERSION = 1;

/** Of a partitioned cookie (CHIPS) or of storage below another site: the top-level site and whether a cross-site frame stood between. */
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
 * Where the records of a line belong: indexes into the document's `origins`, that origin's `indexedDB` and that database's
 * `stores`; or an origin and one of its `caches`; or an origin and 0 for its `files`.
 */
export type RecordPlace =
  | readonly [origin: number, database: number, store: number]
  | readonly [origin: number, kind: 'caches', cache: number]
  | readonly [origin: number, kind: 'files', zero: 0];

/** A line of the payload after the first (spec/psp-1.md, section "Payload"). */
export const RecordLine = Type.Object({
  at: Type.Array(Type.Union([Type.Integer({ minimum: 0 }), Type.Literal('caches'), Type.Literal('files')]), {
    minItems: 3,
    maxItems: 3,
  }),
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

/** A storage bucket other than the default one (Storage Buckets API). `expires` is in milliseconds since 1970. */
export const StorageBucket = Type.Object({
  name: Type.String({ minLength: 1 }),
  persisted: Type.Optional(Type.Boolean()),
  durability: Type.Optional(Type.Union([Type.Literal('strict'), Type.Literal('relaxed')])),
  expires: Type.Optional(Type.Number({ minimum: 0 })),
});
export type StorageBucket = Static<typeof StorageBucket>;

/** A cache (Service Workers, section 5.4). A record is one pair of request and response; its key is its position. */
export const CacheState = Type.Object({ name: WireString, records: Type.Array(IdbRecord) });
export type CacheState = Static<typeof CacheState>;

/** The origin private file system (File System, section 3). A record is a folder or a piece of a file; its key is path and offset. */
export const FilesState = Type.Object({ records: Type.Array(IdbRecord) });
export type FilesState = Static<typeof FilesState>;

/** A service worker registration (Service Workers, section 2.2), by absolute addresses. */
export const WorkerRegistration = Type.Object({
  scope: Type.String(),
  scriptURL: Type.String(),
  updateViaCache: Type.Union([Type.Literal('imports'), Type.Literal('all'), Type.Literal('none')]),
});
export type WorkerRegistration = Static<typeof WorkerRegistration>;

/**
 * What one bucket of one storage key holds. `origin` is an ASCII serialisation: scheme, host, and port unless it is the default.
 * `partition` is there for a storage key of a frame below another site, `bucket` for a bucket other than the default one. The three
 * together are its identity. Of the optional kinds an absent one was not read, and an empty one was found empty.
 */
export const OriginState = Type.Object({
  origin: Type.String({ pattern: '^https?://[^/?#]+$' }),
  partition: Type.Optional(PartitionKey),
  bucket: Type.Optional(StorageBucket),
  localStorage: Type.Array(StorageItem),
  indexedDB: Type.Array(IdbDatabase),
  caches: Type.Optional(Type.Array(CacheState)),
  files: Type.Optional(FilesState),
  serviceWorkers: Type.Optional(Type.Array(WorkerRegistration)),
  persisted: Type.Optional(Type.Boolean()),
});
export type OriginState = Static<typeof OriginState>;

/** A form control's value. `field` finds the control in its document: see the specification. */
export const FormValue = Type.Object({
  field: Type.String(),
  value: Type.Optional(WireString),
  checked: Type.Optional(Type.Boolean()),
  selected: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
});
export type FormValue = Static<typeof FormValue>;

/**
 * An open tab: sessionStorage belongs to a tab and, within it, to an origin. The active tab stands first, then the others in their order as
 * far as the browser tells one.
 */
export const TabState = Type.Object({
  url: Type.String(),
  title: Type.Optional(Type.String()),
  history: Type.Optional(
    Type.Object({
      entries: Type.Array(Type.Object({ url: Type.String(), title: Type.Optional(Type.String()) }), { minItems: 1 }),
      index: Type.Integer({ minimum: 0 }),
    }),
  ),
  scroll: Type.Optional(Type.Object({ x: Type.Number(), y: Type.Number() })),
  forms: Type.Optional(Type.Array(FormValue)),
  active: Type.Optional(Type.Boolean({ description: 'the tab that the session was captured through' })),
  sessionStorage: Type.Array(
    Type.Object({ origin: Type.String(), partition: Type.Optional(PartitionKey), items: Type.Array(StorageItem) }),
  ),
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
  environment: Type.Optional(Environment),
  http: Type.Optional(HttpAccess),
  authenticators: Type.Optional(Type.Array(VirtualAuthenticator)),
  losses: Type.Array(Loss),
  choices: Type.Optional(Type.Array(Choice, { description: 'the session is about what each of these takes' })),
  skipped: Type.Optional(Type.Array(Skipped)),
  bindings: Type.Optional(Type.Array(Binding, { description: 'as the browser told; absent where it does not tell' })),
});
export type SessionDocument = Static<typeof SessionDocument>;
