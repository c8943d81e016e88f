/** The entry of `psp`: arguments in, exit code out. The only place that catches everything. */
import { readFileSync } from 'node:fs';
import { reportFailure } from './failure.js';
import { runProgram } from './program.js';

/** Gives the exit code; everything else is written. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that goes away early (psp list | head) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    return await runProgram(argv, versionOf());
  } catch (error) {
    // The command line itself may be what is wrong, so --json is looked for as plain text.
    return reportFailure(error, argv.includes('--json'));
  }
}

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
