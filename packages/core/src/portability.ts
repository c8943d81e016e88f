/** The verdict on a stored session: what the protocol tells, and the forms in which a user agent may be kept. */
import { createHash } from 'node:crypto';
import { portabilityOf, searchTokens, type Portability, type SessionDocument } from '@psp/protocol';
import { RecordTokens } from './record-tokens.js';
import type { SessionState } from './state.js';

/** A shorter one may stand in a text by chance. */
const MIN_USER_AGENT = 20;

/** Reads the batches once. */
export async function portabilityOfState(state: SessionState): Promise<Portability> {
  return portabilityOf(state.document, await RecordTokens.of(state, userAgentMarks(state.document)));
}

/** Of a document whose records stand in it. */
export function portabilityOfDocument(document: SessionDocument): Portability {
  return portabilityOf(document, searchTokens(document, { marks: userAgentMarks(document) }));
}

/** The user agent as it is, and its usual digests. */
function userAgentMarks({ source, environment }: SessionDocument): string[] {
  const agents = new Set([source?.userAgent, environment?.userAgent].filter((agent) => agent !== undefined));
  return [...agents].flatMap((agent) => (agent.length < MIN_USER_AGENT ? [] : [agent, ...digestsOf(agent)]));
}

function digestsOf(text: string): string[] {
  return ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(text).digest();
    return [digest.toString('hex'), digest.toString('base64').replace(/=+$/, ''), digest.toString('base64url')];
  });
}
