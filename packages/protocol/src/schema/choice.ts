/** What belongs to a session and what does not, by the user's choice (spec/psp-1.md, section "Choice"). */
import { Type, type Static } from 'typebox';
import { StateKind } from './loss.js';

/**
 * Members that stand together must all match. `origin` is an ASCII origin, `site` a registrable domain, `name` a pattern in which
 * `*` stands for any characters: of a cookie's name, an item's name, `database` or `database/store`, a cache's name, a worker's
 * scope. `place` is a storage place as losses name it (origin, partition, bucket), and stands in documents only: a capture names by it
 * what it left out for its size.
 */
export const Rule = Type.Object({
  origin: Type.Optional(Type.String()),
  site: Type.Optional(Type.String()),
  kind: Type.Optional(StateKind),
  name: Type.Optional(Type.String()),
  place: Type.Optional(Type.String()),
});
export type Rule = Static<typeof Rule>;

/** What a rule of `include` matches, or everything where that is absent, but for what a rule of `exclude` matches. */
export const Choice = Type.Object({
  include: Type.Optional(Type.Array(Rule, { minItems: 1 })),
  exclude: Type.Optional(Type.Array(Rule)),
});
export type Choice = Static<typeof Choice>;

/** What was left out by choice. `origin` of cookies is a domain, with a leading dot when subdomains receive them. */
export const Skipped = Type.Object({
  kind: StateKind,
  origin: Type.Optional(Type.String()),
  count: Type.Optional(Type.Integer({ minimum: 0, description: 'absent where it was not looked at' })),
});
export type Skipped = Static<typeof Skipped>;
