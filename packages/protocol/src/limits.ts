/** How much a reader takes, so that hostile input costs little. Checked before anything recursive sees the input. */

export interface ParseLimits {
  /** Bytes of UTF-8. */
  readonly maxBytes: number;
  /** Levels of objects and arrays. */
  readonly maxDepth: number;
  /** Values of all kinds: objects, arrays and scalars. */
  readonly maxValues: number;
}

/**
 * A plain tree has at most 100 levels and stands about ten below the root of a document, so that 128 levels hold every
 * valid document [PSP-LIM-2].
 */
export const DEFAULT_LIMITS: ParseLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxDepth: 128,
  maxValues: 5_000_000,
};
