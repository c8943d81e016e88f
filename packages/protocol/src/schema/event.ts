/** What happens to a stored session, as told to those who watch. Carries names of things, never what they hold. */
import { Type, type Static } from 'typebox';

export const EventType = Type.Union([
  Type.Literal('session.created'),
  Type.Literal('session.captured'),
  Type.Literal('session.restored'),
  Type.Literal('session.renamed'),
  Type.Literal('session.tagged'),
  Type.Literal('session.deleted'),
]);
export type EventType = Static<typeof EventType>;

/** `version` is the session's after the event. Watching is a hint: who must not miss a change compares versions. */
export const SessionEvent = Type.Object({
  type: EventType,
  id: Type.String({ description: 'the id of the session' }),
  version: Type.Integer({ minimum: 0 }),
  at: Type.String({ description: 'RFC 3339, UTC' }),
});
export type SessionEvent = Static<typeof SessionEvent>;
