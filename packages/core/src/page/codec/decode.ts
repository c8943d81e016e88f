/** Makes the JavaScript value of a wire form (spec/values.md). Trusts nothing: a record may come from another program. */
import type { WireValue } from '@psp/protocol';
import { asCount, asList, asString } from './fields.js';
import type { NodeReader } from './kind.js';
import { KIND_BY_TAG } from './kinds.js';
import { plainValue } from './plain-value.js';
import { fromWireString } from './text.js';
import { LostValueError, type WireNode, WireError } from './wire.js';

/** Throws LostValueError when the value holds what could not leave its browser, WireError when it is malformed. */
export async function decodeValue(wire: WireValue | undefined): Promise<unknown> {
  const hasNodes = typeof wire === 'object' && wire !== null && !('json' in wire) && 'nodes' in wire;
  return hasNodes ? new NodeList(asList(wire.nodes) as WireNode[]).read(wire.root) : plainValue(wire);
}

const NUMBERS: Readonly<Record<string, number>> = { '-0': -0, NaN, Infinity, '-Infinity': -Infinity };
const BIGINT = /^(0|-?[1-9][0-9]*)$/;

/** One reader for each member that a slot object may have. */
const SLOTS: Readonly<Record<string, (field: unknown, list: NodeList) => unknown>> = {
  ref: (field, list) => list.object(asCount(field)),
  undefined: () => undefined,
  utf16: (field) => fromWireString({ utf16: field }),
  number(field) {
    const number = Object.hasOwn(NUMBERS, asString(field)) ? NUMBERS[field as string] : undefined;
    if (number === undefined) throw new WireError('expected -0, NaN, Infinity or -Infinity');
    return number;
  },
  bigint(field) {
    if (!BIGINT.test(asString(field))) throw new WireError('expected the digits of a bigint');
    return BigInt(field as string);
  },
};

class NodeList implements NodeReader {
  readonly #nodes: readonly WireNode[];
  readonly #objects: unknown[] = [];

  constructor(nodes: readonly WireNode[]) {
    this.#nodes = nodes;
  }

  async read(root: unknown): Promise<unknown> {
    for (const [id, node] of this.#nodes.entries()) {
      if (asList(node)[0] === 'lost') throw new LostValueError(`nodes[${id}] could not leave its browser`);
    }
    await this.#makeAll((tag) => tag === 'buffer');
    await this.#makeAll((tag) => tag !== 'buffer');
    for (const [id, node] of this.#nodes.entries()) {
      at(id, () => kindOf(node).fill?.(this.#objects[id] as never, node, this));
    }
    return this.value(root);
  }

  async #makeAll(isNow: (tag: string) => boolean): Promise<void> {
    for (const [id, node] of this.#nodes.entries()) {
      if (!isNow(node[0])) continue;
      const made: unknown = at(id, () => kindOf(node).read(node, this));
      this.#objects[id] = made instanceof Promise ? await made.catch((error: unknown) => rethrow(id, error)) : made;
    }
  }

  value(slot: unknown): unknown {
    if (slot === null || typeof slot === 'string' || typeof slot === 'number' || typeof slot === 'boolean') return slot;
    const members = typeof slot === 'object' ? Object.entries(slot) : [];
    const [name, field] = members[0] ?? [''];
    if (members.length !== 1 || !Object.hasOwn(SLOTS, name)) throw new WireError('expected a slot');
    return SLOTS[name]!(field, this);
  }

  /** The object of a node. Absent for a number beyond the table, and for a node that is not made yet. */
  object(id: number): unknown {
    const object = this.#objects[id];
    if (object === undefined) throw new WireError('expected a reference to a node that is there');
    return object;
  }
}

function kindOf(node: WireNode) {
  const kind = KIND_BY_TAG.get(node[0]);
  if (kind === undefined) throw new WireError('expected a tag that spec/values.md lists');
  return kind;
}

function at<T>(id: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    return rethrow(id, error);
  }
}

function rethrow(id: number, error: unknown): never {
  // Only our own messages are sure to hold no value.
  throw new WireError(`nodes[${id}]: ${error instanceof WireError ? error.message : 'not readable in this browser'}`);
}
