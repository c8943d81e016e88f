/** What comes on standard input for options that say "-": command lines can be seen by every user of a machine. */

/** The words, read to the end of the input. */
export async function wordsFromInput(): Promise<string[]> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text.split(/\s+/).filter((word) => word !== '');
}
