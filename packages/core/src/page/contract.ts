/**
 * What crosses between Node and the page. Types only. The page bundles are functions `(request: string) => Promise<string>`, one that reads, one that writes:
 * the request is JSON, the reply is lines: a JSON header, then raw JSON arrays of records, which Node does not parse.
 */
import type {
  CacheState,
  FilesState,
  FormValue,
  IdbDatabase,
  IdbStore,
  NameRules,
  StorageBucket,
  StorageItem,
  WireString,
  WireValue,
  WorkerRegistration,
} from '@psp/protocol';

/** A loss as the page knows it; the origin is added outside. */
export interface PageLoss {
  code: string;
  kind: 'localStorage' | 'sessionStorage' | 'indexedDB' | 'cache' | 'file' | 'serviceWorker' | 'origin';
  item?: string;
  detail?: string;
}

/**
 * Reads the storage of the document's origin. Records beyond `maxBytes` of JSON text (counted in UTF-16 code units) are left for
 * `records`; one record that alone is longer is read by itself. Waits for blocked databases run side by side, so that they take `timeoutMs` together.
 */
export interface DumpRequest {
  do: 'dump';
  localStorage: boolean;
  sessionStorage: boolean;
  indexedDB: boolean;
  /** The kinds beside them; with any of them comes what else the place has. */
  depot: readonly ('cache' | 'file' | 'serviceWorker')[];
  maxBytes: number;
  /** Of the pieces in which what is left will be asked for. */
  pieceBytes: number;
  /** A record that takes more than this within a message (quotes, backslashes and all beyond ASCII count 8) is a loss. */
  maxRecordBytes: number;
  /** For each step that may be blocked by another page (opening a database). */
  timeoutMs: number;
  /** What to tell of the surroundings beside the storage, if anything. */
  surroundings?: SurroundingsScope;
  /** Tell what the user of the tab sees and did, too. */
  tab?: boolean;
}
/** One line of records follows the header for each entry of `batches`, in that order, then one for each of `depot.batches`. */
export interface DumpReply {
  localStorage?: StorageItem[];
  sessionStorage?: StorageItem[];
  /** Stores with `records: []`; the records are in the batches. */
  databases?: IdbDatabase[];
  batches: { database: number; store: number; count: number }[];
  /**
   * Stores that have more records, after this key. Ask for them with `records`, piece by piece: `cuts` are the last keys of pieces of about
   * `pieceBytes`, in order; the last piece has no end.
   */
  rest: { database: number; store: number; after: WireValue | undefined; cuts: WireValue[] }[];
  depot?: DepotReply;
  losses: PageLoss[];
  surroundings?: SurroundingsReply;
  tab?: TabView;
}

/** The caches by their index, or the files. */
export type DepotPlace = readonly [kind: 'caches', cache: number] | readonly [kind: 'files', zero: 0];

/** What the place keeps beside Web Storage and databases; what the browser does not have is absent. Entries are in the batches. */
export interface DepotReply {
  caches?: CacheState[];
  files?: FilesState;
  serviceWorkers?: WorkerRegistration[];
  persisted?: boolean;
  /** Of the default bucket: the others. */
  buckets?: StorageBucket[];
  batches: { at: DepotPlace; count: number }[];
  /** Where there is more, after this key. Ask for it with `entries`. */
  rest: { at: DepotPlace; after: WireValue | undefined }[];
}

/** Goes on reading one store after a key, by the limits of `dump`. The reply has one line of records, maybe `[]` though more follow. */
export interface RecordsRequest {
  do: 'records';
  database: IdbDatabase['name'];
  store: IdbStore['name'];
  after?: WireValue;
  /** The last key of the piece that is wanted. */
  upTo?: WireValue;
  maxBytes: number;
  maxRecordBytes: number;
  timeoutMs: number;
}
export interface RecordsReply {
  count: number;
  /** The last key read, when there is more. */
  next?: WireValue;
  losses: PageLoss[];
}

/** Goes on reading a cache, or the files where none is named, as `records` does. */
export interface EntriesRequest {
  do: 'entries';
  cache?: WireString;
  after?: WireValue;
  maxBytes: number;
  maxRecordBytes: number;
  timeoutMs: number;
}

/**
 * Writes storage. `localStorage`/`sessionStorage`/`databases`, where given, replace all that the origin has (databases are
 * created with their stores and indexes, empty, key generators at their position; those not listed are deleted).
 */
export interface LoadRequest {
  do: 'load';
  localStorage?: StorageItem[];
  sessionStorage?: StorageItem[];
  databases?: IdbDatabase[];
  /** What else stands there may be touched where these take its name. Absent: all of it. */
  names?: Partial<Record<PageLoss['kind'], NameRules>>;
  /** First records, to save a round trip for each store. */
  puts?: Omit<PutRequest, 'do' | 'timeoutMs'>[];
  depot?: DepotLoad;
  timeoutMs: number;
}

/** What is given replaces what is there, and what is absent stays. Entries follow by `putEntries`. */
export interface DepotLoad {
  /** Names, in order. */
  caches?: WireString[];
  files?: boolean;
  serviceWorkers?: WorkerRegistration[];
  persisted?: boolean;
  /** Names of the buckets that are not to be deleted. */
  buckets?: string[];
}
export interface LoadReply {
  /** Databases, by index, that could not be made. They have a loss, and must get no records: an old one may stand there. */
  failed: number[];
  /** Kinds that this page has, and that may get entries. */
  depot?: ('caches' | 'files')[];
  /** The bucket that the request is for could not be opened: nothing was done. */
  noBucket?: true;
  losses: PageLoss[];
}

/**
 * Adds records to a store that `load` made. `records` is the JSON text of an array of records, so that Node passes it on
 * unread. `keyGenerator` is set with the last batch.
 */
export interface PutRequest {
  do: 'put';
  database: IdbDatabase['name'];
  store: IdbStore['name'];
  /** JSON text of an array, or where to fetch it: a path of the document's origin. */
  records: string | { from: string };
  keyGenerator?: number;
  timeoutMs: number;
}
export interface PutReply {
  count: number;
  losses: PageLoss[];
}

/** `view` adds what the page is told of machine and user, `all` that and the position, where it is allowed and known. */
export type SurroundingsScope = 'permissions' | 'view' | 'all';

/** Tells what the document sees around it, and reads no storage. */
export interface SurroundingsRequest {
  do: 'surroundings';
  scope: SurroundingsScope;
  timeoutMs: number;
}

/** What scripts of the page are told. Sizes in CSS pixels. */
export interface PageView {
  userAgent: string;
  width: number;
  height: number;
  deviceScaleFactor: number;
  locale: string;
  timeZone: string;
  colorScheme: 'light' | 'dark';
}

export interface SurroundingsReply {
  /** Those that somebody decided, by name. Absent where the document does not speak for its origin. */
  permissions?: Record<string, 'granted' | 'denied'>;
  view?: PageView;
  position?: { latitude: number; longitude: number; accuracy: number } | undefined;
}

/** Adds entries to a cache, or pieces to the files where none is named. One call after the other, so that their order stays. */
export interface PutEntriesRequest {
  do: 'putEntries';
  cache?: WireString;
  records: string;
  /** No more pieces come: a file that is still open for the next one is closed. */
  isLast?: boolean;
  timeoutMs: number;
}
export interface PutEntriesReply extends PutReply {
  /** A file waits for its next piece. */
  isOpen?: true;
}

/** Looks at what the document shows. */
export interface FindRequest {
  do: 'find';
  text?: string;
  selector?: string;
  timeoutMs: number;
}
export interface FindReply {
  found: boolean;
  isLoaded: boolean;
  status?: number;
}

/** What the user of a tab sees and did. */
export interface TabView {
  scroll: { x: number; y: number };
  /** Of controls that the user changed and that hold no secret. */
  forms: FormValue[];
}

/** Scrolls the page and enters values, once it has loaded and if its address is `url`, but for query and fragment. */
export interface TabRequest {
  do: 'tab';
  url: string;
  scroll?: TabView['scroll'];
  forms: FormValue[];
  timeoutMs: number;
}
export interface TabReply {
  /** It is another page. */
  otherPage: boolean;
  /** Fields that are not there, or do not keep their value. */
  refused: string[];
  scrolled: boolean;
}

/** Every request says for which origin it is meant. A document keeps its place when it goes to another site. */
export interface Addressed {
  /** ASCII origin. A document of another origin does nothing and replies `elsewhere`. */
  origin: string;
  /** Keys (Web Cryptography) are extractable underneath and told as non-extractable: see page/codec/key-policy.ts. */
  keys?: 'exportable';
  /** The bucket that it is for, unless it is the default one. `load` makes it where it is not. */
  bucket?: StorageBucket;
}

export type PageRequest =
  | DumpRequest
  | RecordsRequest
  | EntriesRequest
  | LoadRequest
  | PutRequest
  | PutEntriesRequest
  | SurroundingsRequest
  | FindRequest
  | TabRequest;
/** A failure of the page code itself, or its refusal to work for another origin. */
export interface PageFailure {
  error: string;
  elsewhere?: true;
  /** The request is to be made again of write.ts. */
  notFresh?: true;
}
