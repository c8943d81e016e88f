/** The value of a wire form that JSON carries as it is (spec/values.md, "Plain trees"). Knows nothing of the others. */
import type { WireValue } from '@psp/protocol';
import { WireError } from './wire.js';

/** Throws WireError for any other. */
export function plainValue(wire: WireValue | undefined): unknown {
  if (typeof wire !== 'object' || wire === null) {
    if (wire === undefined) throw new WireError('expected a value');
    return wire;
  }
  if (!('json' in wire)) throw new WireError('expected json or nodes');
  return wire.json;
}
