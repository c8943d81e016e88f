/** What ties a login to something that does not move with a session (spec/psp-1.md, section "Portability"). */
import { Type, type Static } from 'typebox';

/** `why` is for people: it names a cookie, an item or a record, never a value. */
export const Binding = Type.Object({
  to: Type.Union([Type.Literal('device'), Type.Literal('user-agent'), Type.Literal('passkey'), Type.Literal('key')]),
  origin: Type.Optional(Type.String({ description: 'an origin, or the domain of a cookie' })),
  why: Type.String(),
});
export type Binding = Static<typeof Binding>;
