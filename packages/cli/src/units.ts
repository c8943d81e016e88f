/** Times and sizes as people read them. */

const STEPS: readonly [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** `3 h ago`, `in 12 d`, `now`. */
export function relativeTime(rfc3339: string, nowMs = Date.now()): string {
  const seconds = Math.round((Date.parse(rfc3339) - nowMs) / 1000);
  if (Number.isNaN(seconds)) return '?';
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['s', 1];
  const amount = Math.floor(Math.abs(seconds) / size);
  if (amount === 0) return 'now';
  return seconds < 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

/** `2026-01-02 03:04:05 UTC (in 12 d)`. */
export function fullTime(rfc3339: string, nowMs = Date.now()): string {
  return `${rfc3339.slice(0, 19).replace('T', ' ')} UTC (${relativeTime(rfc3339, nowMs)})`;
}

/** Seconds since 1970 as RFC 3339; undefined beyond what a date can tell. */
export function timeOfSeconds(seconds: number): string | undefined {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** `812 B`, `1.2 kB`, `3.4 MB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `1 cookie`, `2 cookies`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
