/** Kinds that hold other values: plain objects, arrays, Map and Set. */
import type { WireString } from '@psp/protocol';
import { asCount, asList, asPair } from './fields.js';
import type { Kind, NodeReader, NodeWriter } from './kind.js';
import { fromWireString, toWireString } from './text.js';
import { type Slot, type WireNode, WireError } from './wire.js';

type Props = [name: WireString, value: Slot][];

const MAX_ARRAY_LENGTH = 2 ** 32 - 1;

const writeProps = (object: object, names: string[], writer: NodeWriter): Props =>
  names.map((name) => [toWireString(name), writer.slot((object as Record<string, unknown>)[name])]);

/** Assigning would call the setter of `__proto__`. */
function define(object: object, name: string | number, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function fillProps(object: object, field: unknown, reader: NodeReader): void {
  for (const entry of asList(field)) {
    const [name, slot] = asPair(entry);
    define(object, fromWireString(name), reader.value(slot));
  }
}

export const objectKind: Kind = {
  // An `arguments` object is cloned to a plain one.
  classes: ['Object', 'Arguments'],
  tags: ['object'],
  write: (value: object, writer) => ['object', writeProps(value, Object.keys(value), writer)],
  read: () => ({}),
  fill: (object: object, [, props], reader) => fillProps(object, props, reader),
};

function isIndex(name: string): boolean {
  const index = Number(name) >>> 0;
  return String(index) === name && index !== MAX_ARRAY_LENGTH;
}

function writeArray(array: unknown[], writer: NodeWriter): WireNode {
  const names = Object.keys(array);
  // Array indices come first, in rising order (ECMAScript, OrdinaryOwnPropertyKeys).
  const first = names.findIndex((name) => !isIndex(name));
  const count = first === -1 ? names.length : first;
  const props = writeProps(array, names.slice(count), writer);
  const tail = props.length === 0 ? [] : [props];
  // Only by index: an array may have a property of its own named "map".
  const items = names.slice(0, count).map((name): [number, Slot] => [Number(name), writer.slot(array[Number(name)])]);
  if (count === array.length) return ['array', items.map(([, slot]) => slot), ...tail];
  return ['sparse', array.length, items, ...tail];
}

function fillItems(array: unknown[], node: WireNode, reader: NodeReader): void {
  if (node[0] === 'array') {
    for (const slot of asList(node[1])) array.push(reader.value(slot));
    return;
  }
  const length = asCount(node[1]);
  if (length > MAX_ARRAY_LENGTH) throw new WireError('expected the length of an array');
  array.length = length;
  for (const entry of asList(node[2])) {
    const [index, slot] = asPair(entry);
    if (asCount(index) >= length) throw new WireError('expected an index below the length');
    define(array, index as number, reader.value(slot));
  }
}

export const arrayKind: Kind = {
  classes: ['Array'],
  tags: ['array', 'sparse'],
  write: writeArray,
  read: () => [],
  fill(array: unknown[], node, reader) {
    fillItems(array, node, reader);
    const props = node[node[0] === 'array' ? 2 : 3];
    if (props !== undefined) fillProps(array, props, reader);
  },
};

export const mapKind: Kind = {
  classes: ['Map'],
  tags: ['map'],
  write: (map: Map<unknown, unknown>, writer) => [
    'map',
    [...map].map(([key, value]) => [writer.slot(key), writer.slot(value)]),
  ],
  read: () => new Map(),
  fill(map: Map<unknown, unknown>, [, entries], reader) {
    for (const entry of asList(entries)) {
      const [key, value] = asPair(entry);
      map.set(reader.value(key), reader.value(value));
    }
  },
};

export const setKind: Kind = {
  classes: ['Set'],
  tags: ['set'],
  write: (set: Set<unknown>, writer) => ['set', [...set].map((member) => writer.slot(member))],
  read: () => new Set(),
  fill(set: Set<unknown>, [, members], reader) {
    for (const slot of asList(members)) set.add(reader.value(slot));
  },
};
