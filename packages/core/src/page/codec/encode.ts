/** Writes a structured-clone value in its wire form (spec/values.md). Iterative, so that depth is no limit. */
import type { WireValue } from '@psp/protocol';
import type { LaterNode, NodeWriter } from './kind.js';
import { KIND_BY_CLASS } from './kinds.js';
import { isPlainScalar, isPlainTree } from './plain.js';
import { toWireString } from './text.js';
import { type Slot, type WireNode, WireError } from './wire.js';

/** A value on its way to JSON. */
export interface Encoded {
  /** Whole only after `finish`, where there is one. */
  readonly wire: WireValue;
  /** What could not be written, by class and reason. Whole only after `finish`. */
  readonly lost: readonly string[];
  /** About how many bytes of JSON `finish` adds. */
  readonly pendingBytes: number;
  /** Reads what the browser gives only asynchronously (Blob, CryptoKey). Not within an IndexedDB transaction. */
  readonly finish: (() => Promise<void>) | undefined;
}

const NOTHING: readonly string[] = [];

/** Never throws for a value that came out of a structured clone: what cannot leave the browser is in `lost`. */
export function encodeValue(value: unknown): Encoded {
  if (isPlainScalar(value)) return { wire: value, lost: NOTHING, pendingBytes: 0, finish: undefined };
  if (typeof value === 'object' && value !== null && isPlainTree(value)) {
    return { wire: { json: value }, lost: NOTHING, pendingBytes: 0, finish: undefined };
  }
  const table = new NodeTable();
  const root = table.slot(value);
  table.writeAll();
  const { nodes, lost, later } = table;
  return {
    wire: { nodes, root },
    lost,
    pendingBytes: later.reduce((sum, { node }) => sum + node.bytes, 0),
    finish: later.length === 0 ? undefined : () => table.finish(),
  };
}

/** The nodes of one value. The place of an object in the queue is the number of its node. */
class NodeTable implements NodeWriter {
  readonly nodes: WireNode[] = [];
  readonly lost: string[] = [];
  readonly later: { id: number; type: string; node: LaterNode }[] = [];
  readonly #ids = new Map<unknown, number>();
  readonly #queue: unknown[] = [];

  slot(value: unknown): Slot {
    if (isPlainScalar(value)) return value;
    switch (typeof value) {
      case 'number':
        return { number: Object.is(value, -0) ? '-0' : String(value) };
      case 'undefined':
        return { undefined: true };
      case 'bigint':
        return { bigint: String(value) };
      case 'string':
        return toWireString(value);
      default:
        return { ref: this.#idOf(value) };
    }
  }

  #idOf(value: unknown): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const id = this.#queue.push(value) - 1;
    this.#ids.set(value, id);
    return id;
  }

  /** Writing a node may lengthen the queue. */
  writeAll(): void {
    for (let id = 0; id < this.#queue.length; id++) this.nodes[id] = this.#write(this.#queue[id], id);
  }

  #write(value: unknown, id: number): WireNode {
    const type = Object.prototype.toString.call(value).slice(8, -1);
    const kind = KIND_BY_CLASS.get(type);
    if (kind === undefined || typeof value !== 'object') return this.#lose(type, 'no portable form');
    try {
      const node = kind.write(value as never, this);
      if (Array.isArray(node)) return node;
      this.later.push({ id, type, node });
      return ['lost', type];
    } catch (error) {
      return this.#lose(type, reasonOf(error));
    }
  }

  async finish(): Promise<void> {
    for (const { id, type, node } of this.later) {
      this.nodes[id] = await node.make().catch((error: unknown) => this.#lose(type, reasonOf(error)));
    }
  }

  #lose(type: string, reason: string): WireNode {
    this.lost.push(`${type}: ${reason}`);
    return ['lost', type];
  }
}

/** The messages of the engine may quote a value, ours never do. */
const reasonOf = (error: unknown): string =>
  error instanceof WireError ? error.message : error instanceof Error ? error.name : 'unknown';
