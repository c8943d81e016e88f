/** psp doctor: what is wrong here, and what to do. */
import { CHECKS, lookSafely, type CheckResult } from '../checks.js';
import type { Command } from '../command.js';
import { EXIT } from '../failure.js';

const MARKS: Readonly<Record<CheckResult['status'], readonly [mark: string, style: 'green' | 'yellow' | 'red']>> = {
  ok: ['ok     ', 'green'],
  warning: ['warning', 'yellow'],
  wrong: ['wrong  ', 'red'],
};

export const doctor: Command = {
  name: 'doctor',
  summary: 'check browser, store, key and sessions',
  description:
    'Checks what PSP needs, and opens every session to find damaged ones. Exits with 1 when something is wrong.',
  arguments: [],
  options: [],
  examples: ['psp doctor', 'psp doctor --json', 'psp doctor --store file:/backup/psp'],
  async run(run) {
    const checks: (CheckResult & { readonly name: string })[] = [];
    for (const check of CHECKS) {
      run.output.progress(`checking ${check.name} ...`);
      checks.push({ name: check.name, ...(await lookSafely(check, run)) });
    }
    const ok = checks.every(({ status }) => status !== 'wrong');
    const { output } = run;
    output.result({ ok, checks }, () => {
      for (const { name, status, detail, advice } of checks) {
        const [mark, style] = MARKS[status];
        output.marked(style, mark, `${name.padEnd(13)}${detail}`);
        if (advice !== undefined) output.line(`${' '.repeat(mark.length + 15)}${advice}`);
      }
    });
    return ok ? EXIT.ok : EXIT.unexpected;
  },
};
