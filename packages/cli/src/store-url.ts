/** Store URLs as arguments: `-` reads one from standard input, since command lines can be seen by every user of a machine. */
import { usageError } from './failure.js';
import { wordsFromInput } from './standard-input.js';

export const URL_NOTE = 'a store URL, or - to read it from standard input';

/** The URLs, those given as `-` taken from standard input in their order. Throws INVALID_INPUT where it has too few. */
export async function storeUrls(given: readonly string[]): Promise<string[]> {
  if (!given.includes('-')) return [...given];
  const words = await wordsFromInput();
  return given.map((url) => {
    const found = url === '-' ? words.shift() : url;
    if (found === undefined) throw usageError('url: expected a store URL on standard input, found nothing');
    return found;
  });
}
