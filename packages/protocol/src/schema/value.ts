/** The wire form of JavaScript strings and structured-clone values (spec/psp-1.md, section "Values"). */
import { Type, type Static } from 'typebox';

/**
 * A JavaScript string. Well-formed strings stand for themselves; a string with a lone surrogate, which JSON cannot carry
 * between languages (RFC 7493, section 2.1), is the base64 of its UTF-16LE code units.
 */
export const WireString = Type.Union([
  Type.String(),
  Type.Object({ utf16: Type.String() }, { additionalProperties: false }),
]);
export type WireString = Static<typeof WireString>;

/**
 * A structured-clone value. Scalars stand for themselves; `json` holds a tree of plain objects, arrays and scalars in which
 * no object occurs twice; everything else is a flat table of nodes (cycles, shared references, Map, Date, Blob ...).
 * What the schema leaves open (the tree, the nodes and the root) is checked in value-check.ts.
 */
export const WireValue = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
  Type.Object({ json: Type.Unknown() }, { additionalProperties: false }),
  Type.Object(
    { nodes: Type.Array(Type.Array(Type.Unknown(), { minItems: 1 })), root: Type.Unknown() },
    { additionalProperties: false },
  ),
]);
export type WireValue = Static<typeof WireValue>;
