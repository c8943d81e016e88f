/** Opens the versions of a session. Changes nothing. */
import { PspError } from '@psp/protocol';
import type { SessionState } from '../state.js';
import type { ArchiveContext } from './context.js';
import type { CommittedVersion } from './head.js';
import { metadataOf } from './metadata.js';
import { readFirstPart, readManifest, readPayload, type Manifest, type Missing } from './payload-store.js';
import { savedOf, type SavedSession } from './saved.js';

export interface OpenedSession extends SavedSession {
  /** The batches stream from the store and can be read once. */
  readonly state: SessionState;
}

export interface SessionVersion {
  readonly version: number;
  readonly capturedAt: string;
  readonly bytes: number;
}

export class Reader {
  readonly #context: ArchiveContext;

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async open(id: string, version?: number): Promise<OpenedSession> {
    const { store, heads } = this.#context;
    const head = await heads.require(id);
    const committed = version === undefined ? head.versions[0] : head.versions.find((one) => one.version === version);
    if (committed === undefined)
      throw new PspError(
        'NOT_FOUND',
        `session ${id} has no version ${version}; it has ${head.versions.map((one) => one.version).join(', ')}`,
      );
    const first = readFirstPart(store, { id, ...committed });
    const manifest = await this.#manifest(id, committed, head.dataKey);
    const from = { parts: manifest.parts, first };
    const read = readPayload(store, { id, ...committed }, head.dataKey, from, this.#missing(id, committed));
    const { document, batches } = await read;
    const { name, tags } = head.metadata;
    const metadata =
      committed === head.versions[0] ? head.metadata : metadataOf(head.metadata, committed.version, manifest);
    return { metadata, revision: savedOf(head).revision, state: { document: { ...document, name, tags }, batches } };
  }

  async versions(id: string): Promise<SessionVersion[]> {
    const head = await this.#context.heads.require(id);
    const versions: SessionVersion[] = [];
    for (const committed of head.versions) {
      const { capturedAt, bytes } = await this.#manifest(id, committed, head.dataKey);
      versions.push({ version: committed.version, capturedAt, bytes });
    }
    return versions;
  }

  #manifest(id: string, committed: CommittedVersion, dataKey: Uint8Array): Promise<Manifest> {
    return readManifest(this.#context.store, { id, ...committed }, dataKey, this.#missing(id, committed));
  }

  /** Why something that a head named a moment ago is not there. */
  #missing(id: string, { version, writeId }: CommittedVersion): Missing {
    return async (where) => {
      const head = await this.#context.heads.require(id);
      const stands = head.versions.some((one) => one.writeId === writeId);
      if (stands) return new PspError('CORRUPT', `${where}: it is missing`);
      return new PspError('NOT_FOUND', `session ${id}: version ${version} was removed meanwhile`);
    };
  }
}
