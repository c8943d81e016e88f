/** The wire form of values as types, and the two ways in which a wire value cannot be read. The rules stand in spec/values.md. */

export type Scalar = string | number | boolean | null;

/** A place where a value stands: a scalar itself, a reference to a node, or a scalar that JSON lacks. */
export type Slot =
  | Scalar
  | { ref: number }
  | { number: string }
  | { undefined: true }
  | { bigint: string }
  | { utf16: string };

/** A tag, then the fields of that tag. */
export type WireNode = [tag: string, ...fields: unknown[]];

/** The wire value breaks a rule, or names a class that this browser lacks. The message never holds a value. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** The wire value holds something that could not leave its browser, so it has no JavaScript value here. */
export class LostValueError extends Error {
  override readonly name = 'LostValueError';
}
