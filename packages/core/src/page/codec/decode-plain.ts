/** The value of a wire form that JSON carries as it is (spec/values.md, "Plain trees"). Knows nothing of the others. */
import type { WireValue } from '@psp/protocol';
import { WireError } from './wire.js';

export type Nodes = Extract<WireValue, { nodes: unknown }>;

/** `decodeNodes` makes what is no plain tree. Throws WireError when the form is malformed, and as `decodeNodes` does. */
export async function decodePlain(
  wire: WireValue | undefined,
  decodeNodes: (wire: Nodes) => Promise<unknown>,
): Promise<unknown> {
  if (typeof wire !== 'object' || wire === null) {
    if (wire === undefined) throw new WireError('expected a value');
    return wire;
  }
  if ('json' in wire) return wire.json;
  if (!('nodes' in wire)) throw new WireError('expected json or nodes');
  return decodeNodes(wire);
}
