/** The tables of errors and losses are the same in the code and in the docs, in both directions. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERROR_KINDS, LOSS_ADVICE, PspError, type ErrorCode } from '../src/index.js';

/** The cells of the rows whose first cell is code. */
function rowsOf(file: string): string[][] {
  const text = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

describe('docs/errors.md', () => {
  test('has each code once, in the order of the table, with its status, exit code, retry and advice', () => {
    const documented = rowsOf('errors.md').map(([code, http, exit, retry, , advice]) => [
      code,
      http,
      exit,
      retry,
      advice,
    ]);
    const table = Object.entries(ERROR_KINDS).map(([code, { status, exit, retryable, advice }]) => {
      return [`\`${code}\``, `${status}`, `${exit}`, retryable ? 'yes' : 'no', advice];
    });
    expect(documented).toEqual(table);
  });

  test('says of each code when it happens', () => {
    for (const [code, , , , when] of rowsOf('errors.md')) expect(when, code).toMatch(/^[A-Z].{20,}\.$/);
  });
});

describe('docs/losses.md', () => {
  test('[PSP-LOSS-1] has each code once, in the order of the table, with its advice', () => {
    const documented = rowsOf('losses.md').map(([code, , , advice]) => [code, advice]);
    expect(documented).toEqual(Object.entries(LOSS_ADVICE).map(([code, advice]) => [`\`${code}\``, advice]));
  });

  test('says of each code when it happens', () => {
    for (const [code, at, when] of rowsOf('losses.md')) {
      expect(at, code).toMatch(/^(capture|restore|import|export)(, (capture|restore|import|export))*$/);
      expect(when, code).toMatch(/^[A-Z`].{20,}\.$/);
    }
  });
});

describe('the table of errors', () => {
  const rows = Object.entries(ERROR_KINDS) as [ErrorCode, (typeof ERROR_KINDS)[ErrorCode]][];

  test('statuses are those of failures, exit codes are small, each advice is a sentence', () => {
    for (const [code, { status, exit, advice }] of rows) {
      expect(status >= 400 && status <= 599, code).toBe(true);
      expect(exit >= 2 && exit <= 63, code).toBe(true);
      expect(advice, code).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('an error knows its row, its cause and its report, and shows no more than it has', () => {
    const cause = new Error('beneath');
    const error = new PspError('CONFLICT', 'text', { cause, report: { done: [] } });
    expect(error).toMatchObject({ name: 'PspError', code: 'CONFLICT', message: 'text', cause, report: { done: [] } });
    expect(error.kind).toBe(ERROR_KINDS.CONFLICT);
    expect(Object.keys(new PspError('CONFLICT', 'text'))).not.toContain('report');
    expect(new PspError('CONFLICT', 'text')).not.toHaveProperty('cause');
  });
});
