/** The failure of a restore, with its report, for tests. */
import { PspError } from '@psp/protocol';
import { expect } from 'vitest';
import type { RestoreReport } from '../../src/restore-report.js';

export async function failureOf(work: Promise<unknown>): Promise<PspError & { report: RestoreReport }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PspError);
  return error as PspError & { report: RestoreReport };
}
