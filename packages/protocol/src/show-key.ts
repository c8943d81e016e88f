/** The key of a record as people read it, for messages and lists. */
import type { WireValue } from './schema/value.js';

/** `7`, `"ann"`, `2024-01-01T00:00:00.000Z`, `["ann",7]`; what has no short form is shown in its wire form, cut at 80 characters. */
export function showKey(key: WireValue): string {
  const date = dateOf(key);
  if (date !== undefined) return date;
  const shown = typeof key === 'object' && key !== null && 'json' in key ? key.json : key;
  const text = JSON.stringify(shown);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function dateOf(key: WireValue): string | undefined {
  if (typeof key !== 'object' || key === null || !('nodes' in key)) return undefined;
  const { nodes, root } = key;
  const index = (root as { ref?: unknown } | null)?.ref;
  const node = typeof index === 'number' ? nodes[index] : undefined;
  return node?.[0] === 'date' && typeof node[1] === 'number' ? new Date(node[1]).toISOString() : undefined;
}
