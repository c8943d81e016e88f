/** Headers of requests as an object, which is what browsers and frameworks take. */
import type { HttpAccess } from '@psp/protocol';

/** A header that stands twice is one with both values (RFC 9110, section 5.3). */
export function headersOf(headers: readonly NonNullable<HttpAccess['headers']>[number][]): Record<string, string> {
  const all = new Map<string, { name: string; value: string }>();
  for (const { name, value } of headers) {
    const before = all.get(name.toLowerCase());
    all.set(
      name.toLowerCase(),
      before === undefined ? { name, value } : { name: before.name, value: `${before.value}, ${value}` },
    );
  }
  return Object.fromEntries([...all.values()].map(({ name, value }) => [name, value]));
}
