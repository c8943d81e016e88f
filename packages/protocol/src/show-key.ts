/** The key of a record as people read it, for messages and lists. */
import type { WireValue } from './schema/value.js';

/** `7`, `"ann"`, `2024-01-01T00:00:00.000Z`, `["ann",7]`; what has no short form is shown as its node table. Cut at 80 characters. */
export function showKey(key: WireValue): string {
  const date = dateOf(key);
  if (date !== undefined) return date;
  const text = JSON.stringify(shownPart(key));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function shownPart(key: WireValue): unknown {
  if (typeof key !== 'object' || key === null) return key;
  return 'json' in key ? key.json : { nodes: key.nodes, root: key.root };
}

function dateOf(key: WireValue): string | undefined {
  if (typeof key !== 'object' || key === null || !('nodes' in key)) return undefined;
  const { nodes, root } = key;
  const index = (root as { ref?: unknown } | null)?.ref;
  const node = typeof index === 'number' ? nodes[index] : undefined;
  return node?.[0] === 'date' && typeof node[1] === 'number' ? new Date(node[1]).toISOString() : undefined;
}
