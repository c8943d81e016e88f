/** Checks the wire form of structured-clone values (spec/values.md) without recursion into them: scalars, plain trees, nodes, keys. */
import { expected, problem, refuse, under, type Problem } from './place.js';
import type { WireValue } from './schema/value.js';
import { nodeProblem, type Node } from './value-nodes.js';
import { slotProblem } from './value-slots.js';

/** Levels of objects and arrays in a plain tree; deeper values take the node form [PSP-VAL-2]. */
export const MAX_TREE_DEPTH = 100;

/** Throws PspError INVALID_DOCUMENT, which names the place within the value, when it is not a WireValue. */
export function checkWireValue(value: unknown): asserts value is WireValue {
  refuse(valueProblem(value), 'the value');
}

/** The first fault of a value, or undefined. What parseJson refuses (lone surrogates, `__proto__`) is not looked for again. */
export function valueProblem(value: unknown): Problem | undefined {
  if (typeof value !== 'object' || value === null) return scalarProblem(value);
  const names = Object.keys(value).sort().join();
  if (names === 'json') return under('json', treeProblem((value as { json: unknown }).json));
  if (names === 'nodes,root') return tableProblem(value as { nodes: unknown; root: unknown });
  return expected('scalar, {json} or {nodes, root}', value);
}

function scalarProblem(value: unknown): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Object.is(value, -0) || !Number.isFinite(value)
        ? problem('expected a finite number other than -0')
        : undefined;
    default:
      return value === null ? undefined : expected('scalar, {json} or {nodes, root}', value);
  }
}

/** The path to a fault is not named below `json`: the names are the site's. */
function treeProblem(root: unknown): Problem | undefined {
  if (typeof root !== 'object' || root === null) return expected('object or array', root);
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_TREE_DEPTH) return problem(`expected at most ${MAX_TREE_DEPTH} levels, found more`);
    const next: object[] = [];
    for (const parent of level) {
      for (const item of Object.values(parent) as unknown[]) {
        if (typeof item === 'object' && item !== null) next.push(item);
        else {
          const found = scalarProblem(item);
          if (found !== undefined) return found;
        }
      }
    }
    level = next;
  }
  return undefined;
}

function tableProblem({ nodes, root }: { nodes: unknown; root: unknown }): Problem | undefined {
  if (!Array.isArray(nodes)) return under('nodes', expected('array', nodes));
  for (let index = 0; index < nodes.length; index++) {
    const found = nodeProblem(nodes[index], nodes);
    if (found !== undefined) return under('nodes', under(index, found));
  }
  return under('root', slotProblem(root, nodes));
}

/** Node tags that can stand in a key (Indexed Database API 3.0, section 2.4). */
const KEY_TAGS: ReadonlySet<unknown> = new Set(['array', 'date', 'buffer', 'view']);

/** The first fault of a WireValue as the key of a record, or undefined [PSP-IDB-3]. */
export function keyProblem(key: unknown): Problem | undefined {
  const found = valueProblem(key);
  if (found !== undefined) return found;
  if (typeof key !== 'object' || key === null) return isKeyScalar(key) ? undefined : expected('a valid key', key);
  if ('json' in key) return treeKeyProblem(key.json);
  const { nodes, root } = key as { nodes: Node[]; root: unknown };
  for (let index = 0; index < nodes.length; index++) {
    const [tag, field, props] = nodes[index]!;
    const slots = tag === 'array' ? (field as unknown[]) : [];
    const fits = KEY_TAGS.has(tag) && !(tag === 'date' && field === null) && props !== null && slots.every(isKeySlot);
    if (!fits) return problem('expected a part of a valid key, found another value', 'nodes', index);
  }
  return isKeySlot(root) ? undefined : problem('expected a valid key, found another value', 'root');
}

function treeKeyProblem(root: unknown): Problem | undefined {
  const open: unknown[] = [root];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (Array.isArray(item)) open.push(...(item as unknown[]));
    else if (!isKeyScalar(item)) return under('json', expected('an array of valid keys', item));
  }
  return undefined;
}

function isKeyScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function isKeySlot(slot: unknown): boolean {
  if (typeof slot !== 'object' || slot === null) return isKeyScalar(slot);
  return 'ref' in slot || 'utf16' in slot || ('number' in slot && slot.number !== 'NaN');
}
