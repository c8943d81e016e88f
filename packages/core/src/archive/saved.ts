/** What callers see of a session that is stored: its metadata, and a name for what they have seen. */
import type { SessionMetadata } from '@psp/protocol';
import type { CommittedVersion } from './head.js';
import type { NextHead } from './heads.js';

/** Names the version of a session that a caller has seen. Opaque; another with every save, the same after a rename. */
export type Revision = string;

export interface SavedSession {
  readonly metadata: SessionMetadata;
  readonly revision: Revision;
}

/** Of a head that is no tombstone. */
export function savedOf(head: Pick<NextHead, 'metadata' | 'versions'>): SavedSession {
  return { metadata: head.metadata as SessionMetadata, revision: (head.versions[0] as CommittedVersion).writeId };
}
