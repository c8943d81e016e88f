/** Which storage the page code works on: the default bucket of the document's storage key, or another one (Storage Buckets API). */
import type { StorageBucket } from '@psp/protocol';

/** The parts of a bucket that hold something. */
interface Home {
  readonly indexedDB: IDBFactory;
  /** Absent in documents that are no secure context. */
  readonly caches: CacheStorage | undefined;
  /** The root of the files; undefined where the browser has none. Rejects where it refuses them. */
  directory(): Promise<FileSystemDirectoryHandle> | undefined;
}

/** What the DOM types lack. */
export interface Bucket extends Omit<Home, 'directory'> {
  getDirectory(): Promise<FileSystemDirectoryHandle>;
  persisted(): Promise<boolean>;
  expires(): Promise<number | null>;
  durability?(): Promise<'strict' | 'relaxed'>;
}
export interface Buckets {
  open(name: string, options?: Omit<StorageBucket, 'name'>): Promise<Bucket>;
  keys(): Promise<string[]>;
  delete(name: string): Promise<void>;
}

const DEFAULT: Home = {
  get indexedDB() {
    return indexedDB;
  },
  get caches() {
    return (globalThis as { caches?: CacheStorage }).caches;
  },
  directory: () => storageManager()?.getDirectory?.(),
};

let current = DEFAULT;

/** Where this request reads and writes. */
export const home = (): Home => current;

/** Absent in documents that are no secure context, its members in some browsers. */
export const storageManager = (): Partial<StorageManager> | undefined =>
  (navigator as { storage?: Partial<StorageManager> }).storage;

/** Undefined where the browser has no buckets. */
export const buckets = (): Buckets | undefined => (navigator as { storageBuckets?: Buckets }).storageBuckets;

/** From now on, `home` is that bucket. */
export function moveInto(bucket: Bucket): void {
  current = {
    indexedDB: bucket.indexedDB,
    caches: bucket.caches,
    directory: () => bucket.getDirectory(),
  };
}
