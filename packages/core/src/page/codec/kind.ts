/** CONTRACT of a kind: how one family of classes becomes nodes, and nodes become objects again. Types only. */
import type { Slot, WireNode } from './wire.js';

/** A node whose bytes the browser gives only asynchronously. */
export interface LaterNode {
  /** About how many bytes of JSON it will take. */
  readonly bytes: number;
  /** Must not be called while an IndexedDB transaction is wanted alive. A rejection makes the value a lost one. */
  make(): Promise<WireNode>;
}

export interface NodeWriter {
  /** The slot of a value; an object seen before gives the same reference. */
  slot(value: unknown): Slot;
}

export interface NodeReader {
  /** The value of a slot. Objects are there from the start, but empty until they are filled. */
  value(slot: unknown): unknown;
}

export interface Kind {
  /** Classes by their name in `Object.prototype.toString`, which holds across realms where `instanceof` does not. */
  readonly classes: readonly string[];
  /** The tags of the nodes that `write` makes. */
  readonly tags: readonly string[];
  /** Throws when the value cannot leave the browser; the reason is the message of a WireError. */
  write(value: never, writer: NodeWriter): WireNode | LaterNode;
  /** Makes the object without what it refers to, buffers aside, which are read before all else. Throws WireError. */
  read(node: WireNode, reader: NodeReader): unknown;
  /** Adds what it refers to. Called once every node is read. */
  fill?(object: never, node: WireNode, reader: NodeReader): void;
}
