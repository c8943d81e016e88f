/** What a list shows of a session without opening its payload. Sealed with the head of the session. */
import { Type, type Static } from 'typebox';
import { Source } from './session.js';

export const SessionCounts = Type.Object({
  cookies: Type.Integer({ minimum: 0 }),
  origins: Type.Integer({ minimum: 0 }),
  localStorage: Type.Integer({ minimum: 0 }),
  sessionStorage: Type.Integer({ minimum: 0 }),
  databases: Type.Integer({ minimum: 0 }),
  records: Type.Integer({ minimum: 0 }),
  tabs: Type.Integer({ minimum: 0 }),
  losses: Type.Integer({ minimum: 0 }),
});
export type SessionCounts = Static<typeof SessionCounts>;

/** `bytes` is the size of the payload before compression; `expiresAt` when the login ends, as far as it tells (PSP-TOK-4). */
export const SessionMetadata = Type.Object({
  id: Type.String(),
  name: Type.String({ maxLength: 200 }),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 100 })),
  version: Type.Integer({ minimum: 0, description: '0 until the first capture' }),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  bytes: Type.Integer({ minimum: 0 }),
  counts: SessionCounts,
  source: Type.Optional(Source),
  expiresAt: Type.Optional(Type.String()),
  keepUntil: Type.Optional(Type.String({ description: 'from then on the session is gone (PSP-ARC-13)' })),
});
export type SessionMetadata = Static<typeof SessionMetadata>;
