/** The key of a record by its key path, for files that leave in-line keys out (Indexed Database API 3.0, section 7.1). */
import { fromWireString, type WireString, type WireValue } from '@psp/protocol';
import { misplaced } from './place.js';
import { fromPlain } from './playwright-decode.js';

/** The nodes of a value, and a slot in them. A plain tree stands in `tree`. */
type Cursor = { readonly tree: unknown } | { readonly nodes: readonly (readonly unknown[])[]; readonly slot: unknown };

/** Throws INVALID_DOCUMENT when the value has no valid key at the path. */
export function keyAt(value: WireValue, keyPath: WireString | readonly WireString[], place: string): WireValue {
  if (!isList(keyPath)) return keyOf(follow(cursorOf(value), fromWireString(keyPath), place), place);
  const keys = keyPath.map((path) => keyOf(follow(cursorOf(value), fromWireString(path), place), place));
  return arrayOf(keys);
}

/** An array of wire values as one wire value. */
function arrayOf(values: readonly WireValue[]): WireValue {
  if (values.every((value) => value === null || typeof value !== 'object' || 'json' in value)) {
    return fromPlain(
      values.map((value) => (value !== null && typeof value === 'object' && 'json' in value ? value.json : value)),
    );
  }
  const nodes: unknown[][] = [[]];
  nodes[0] = ['array', values.map((value) => graft(nodes, value))];
  return { nodes, root: { ref: 0 } };
}

function isList(keyPath: WireString | readonly WireString[]): keyPath is readonly WireString[] {
  return Array.isArray(keyPath);
}

function cursorOf(value: WireValue): Cursor {
  if (value === null || typeof value !== 'object') return { tree: value };
  return 'json' in value ? { tree: value.json } : { nodes: value.nodes, slot: value.root };
}

function follow(start: Cursor, path: string, place: string): Cursor {
  if (path === '') return start;
  return path.split('.').reduce((cursor, name) => member(cursor, name, place), start);
}

function member(cursor: Cursor, name: string, place: string): Cursor {
  const missing = misplaced(place, 'a value with a key at the key path of its store', undefined);
  if ('tree' in cursor) {
    const { tree } = cursor;
    if (typeof tree === 'string' && name === 'length') return { tree: tree.length };
    if (typeof tree !== 'object' || tree === null || !Object.hasOwn(tree, name)) throw missing;
    return { tree: (tree as Record<string, unknown>)[name] };
  }
  const [tag, content] = nodeOf(cursor) ?? [];
  const { nodes } = cursor;
  if (tag === 'array' && name === 'length') return { tree: (content as unknown[]).length };
  if (tag === 'array' && /^\d+$/.test(name)) return { nodes, slot: (content as unknown[])[Number(name)] };
  const prop = tag === 'object' ? (content as [WireString, unknown][]).find(([key]) => key === name) : undefined;
  if (prop === undefined) throw missing;
  return { nodes, slot: prop[1] };
}

function nodeOf(cursor: { nodes: readonly (readonly unknown[])[]; slot: unknown }): readonly unknown[] | undefined {
  const index = (cursor.slot as { ref?: number } | null)?.ref;
  return index === undefined ? undefined : cursor.nodes[index];
}

/** A scalar, date, buffer or array of such, as a value of its own. */
function keyOf(cursor: Cursor, place: string): WireValue {
  if ('tree' in cursor) return fromPlain(cursor.tree);
  const node = nodeOf(cursor);
  if (node === undefined) return rootOf(cursor.slot);
  const { nodes } = cursor;
  if (node[0] === 'date' || node[0] === 'buffer') return { nodes: [[...node]], root: { ref: 0 } };
  if (node[0] === 'array') return arrayOf((node[1] as unknown[]).map((slot) => keyOf({ nodes, slot }, place)));
  if (node[0] === 'view') return { nodes: [bufferOf(nodes, node)], root: { ref: 0 } };
  throw misplaced(place, 'a number, string, date, buffer or array as key', node);
}

/** A view as key is the bytes that it shows (Indexed Database API 3.0, section 7.3); those read from a file show all of their buffer. */
function bufferOf(nodes: readonly (readonly unknown[])[], view: readonly unknown[]): unknown[] {
  const [, , slot] = view as [string, string, { ref: number }];
  return [...(nodes[slot.ref] ?? [])];
}

function rootOf(slot: unknown): WireValue {
  return slot !== null && typeof slot === 'object' ? { nodes: [], root: slot } : (slot as WireValue);
}

/** Copies a value into a table, and gives its slot there. The values are keys, so nothing in them occurs twice. */
function graft(nodes: unknown[][], value: WireValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('json' in value) return graftTree(nodes, value.json);
  const offset = nodes.length;
  nodes.push(...value.nodes.map((node) => shifted(node, offset)));
  return shiftedSlot(value.root, offset);
}

function graftTree(nodes: unknown[][], tree: unknown): unknown {
  if (!Array.isArray(tree)) return tree;
  const index = nodes.push([]) - 1;
  nodes[index] = ['array', tree.map((item) => graftTree(nodes, item))];
  return { ref: index };
}

function shifted(node: readonly unknown[], offset: number): unknown[] {
  return node[0] === 'array' ? ['array', (node[1] as unknown[]).map((slot) => shiftedSlot(slot, offset))] : [...node];
}

function shiftedSlot(slot: unknown, offset: number): unknown {
  const index = (slot as { ref?: number } | null)?.ref;
  return index === undefined ? slot : { ref: index + offset };
}
