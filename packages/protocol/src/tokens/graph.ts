/** A value of a record as plain objects and lists, to be looked through: what is neither, nor text, number or date, is left out. */
import type { WireValue } from '../schema/value.js';
import { showWireString } from '../wire-string.js';

type Node = readonly [tag: string, ...fields: unknown[]];

/** Objects have no prototype, and may hold each other. */
export function plainGraph(value: WireValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('json' in value) return value.json;
  if (!('nodes' in value)) return showWireString(value as never);
  const nodes = value.nodes as unknown as readonly Node[];
  const made = nodes.map(([tag, field]) => make(tag, field));
  const slot = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given;
    const { ref, utf16 } = given as { ref?: number; utf16?: string };
    if (utf16 !== undefined) return showWireString({ utf16 });
    return ref === undefined ? undefined : made[ref];
  };
  nodes.forEach((node, id) => fill(made[id], node, slot));
  return slot(value.root);
}

function make(tag: string, field: unknown): unknown {
  if (tag === 'object' || tag === 'map') return Object.create(null);
  if (tag === 'array' || tag === 'sparse' || tag === 'set') return [];
  if (tag === 'date' && typeof field === 'number') return new Date(field).toISOString();
  return undefined;
}

function fill(made: unknown, [tag, ...fields]: Node, slot: (given: unknown) => unknown): void {
  if (Array.isArray(made)) {
    const items = (tag === 'sparse' ? fields[1] : fields[0]) as unknown[];
    made.push(...items.map((item) => slot(tag === 'sparse' ? (item as unknown[])[1] : item)));
  } else if (typeof made === 'object' && made !== null) {
    const ofMap = tag === 'map';
    for (const [name, value] of fields[0] as [unknown, unknown][]) {
      const key = ofMap ? slot(name) : showWireString(name as string);
      if (typeof key === 'string') (made as Record<string, unknown>)[key] = slot(value);
    }
  }
}
