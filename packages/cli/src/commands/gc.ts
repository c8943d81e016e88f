/** psp gc: removes what crashes left, and what retention says is over. */
import type { GcReport } from '@psp/core';
import type { Command } from '../command.js';
import { usageError } from '../failure.js';
import { plural } from '../units.js';

interface Options {
  dryRun?: boolean;
  keepVersions?: string;
  keepDays?: string;
}

/** Most that a session can keep: without a wish of the user no version is removed, however many another program keeps. */
const ALL_VERSIONS = 200;

const TITLES: Readonly<Record<keyof GcReport, readonly [noun: string, rest: string]>> = {
  orphans: ['value', ' of saves that never ended'],
  versions: ['version', ' beyond what is kept'],
  expired: ['session', ' past the time for which it was kept'],
  tombstones: ['old tombstone', ''],
  leases: ['lease', ' of sessions that are gone'],
};

export const gc: Command<Options> = {
  name: 'gc',
  summary: 'remove what crashes left and what is past its time',
  description: [
    'Removes what saves left that never ended, once it is a day old, sessions past the time until which they were to be kept, and tombstones of 90 days.',
    'Versions are removed only where --keep-versions or --keep-days says so; the newest always stays. Sessions that cannot be opened are not touched.',
  ].join(' '),
  arguments: [],
  options: [
    { flags: '--dry-run', description: 'only count' },
    { flags: '--keep-versions <n>', description: 'remove versions beyond the newest so many of each session' },
    { flags: '--keep-days <n>', description: 'remove versions that were saved longer ago than so many days' },
  ],
  examples: ['psp gc', 'psp gc --dry-run --json', 'psp gc --keep-versions 3 --keep-days 30'],
  async run(run, _args, { dryRun = false, keepVersions, keepDays }) {
    const versions = keepVersions === undefined ? ALL_VERSIONS : numberOf('--keep-versions', keepVersions);
    const days = keepDays === undefined ? {} : { days: numberOf('--keep-days', keepDays) };
    const archive = await run.archive({ versions, ...days });
    run.output.progress('looking for what can go ...');
    const report = await archive.gc({ dryRun });
    run.output.result({ dryRun, ...report }, () => {
      const kinds = Object.keys(TITLES) as (keyof GcReport)[];
      const found = kinds.filter((kind) => report[kind] > 0);
      if (found.length === 0) run.output.line('nothing to remove');
      for (const kind of found) {
        const [noun, rest] = TITLES[kind];
        run.output.line(`${dryRun ? 'would remove' : 'removed'} ${plural(report[kind], noun)}${rest}`);
      }
    });
  },
};

/** The archive says which numbers it takes. */
function numberOf(option: string, given: string): number {
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given);
  throw usageError(`${option}: expected a number, found ${JSON.stringify(given.slice(0, 20))}`);
}
