/** The checks of `psp doctor`: each looks at one thing that everything else needs. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findChromium } from '@psp/core';
import { ERROR_KINDS, PspError } from '@psp/protocol';
import type { Run } from './run.js';
import { allSessions } from './sessions.js';
import { plural } from './units.js';

export interface CheckResult {
  /** `warning` is worth knowing and stops nothing. */
  readonly status: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
  readonly advice?: string;
}

export interface Check {
  readonly name: string;
  look(run: Run): Promise<CheckResult>;
}

export const CHECKS: readonly Check[] = [
  { name: 'node', look: async () => nodeVersion() },
  { name: 'browser', look: browser },
  { name: 'display', look: async () => display() },
  { name: 'store', look: storeAnswers },
  { name: 'permissions', look: permissions },
  { name: 'key', look: key },
  { name: 'sessions', look: sessions },
];

/** A check that fails is a result too. */
export async function lookSafely(check: Check, run: Run): Promise<CheckResult> {
  try {
    return await check.look(run);
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    return { status: 'wrong', detail: error.message, advice: ERROR_KINDS[error.code].advice };
  }
}

function nodeVersion(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const detail = `Node.js ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return { status: 'ok', detail };
  return { status: 'wrong', detail, advice: 'Install Node.js 20.19 or later.' };
}

async function browser(): Promise<CheckResult> {
  const path = await findChromium();
  if (path === undefined)
    return { status: 'wrong', detail: 'no Chromium found', advice: ERROR_KINDS.BROWSER_MISSING.advice };
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    return { status: 'ok', detail: `${stdout.trim()} at ${path}` };
  } catch (error) {
    const reason = String((error as NodeJS.ErrnoException).code ?? 'it ended early');
    return {
      status: 'wrong',
      detail: `${path} does not start (${reason})`,
      advice: 'Install it again, or name another with PSP_BROWSER.',
    };
  }
}

function display(): CheckResult {
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = process.env;
  if (process.platform !== 'linux' || DISPLAY !== '' || WAYLAND_DISPLAY !== '')
    return { status: 'ok', detail: 'there is one' };
  const advice = 'psp login needs one: connect with ssh -X. psp capture --cdp needs none.';
  return { status: 'warning', detail: 'none (DISPLAY is not set)', advice };
}

async function storeAnswers(run: Run): Promise<CheckResult> {
  const store = await run.openStore();
  try {
    await store.probe();
    return { status: 'ok', detail: `${store.url} reads, writes and refuses stale writes` };
  } finally {
    await store.close();
  }
}

/** Sessions are sealed; still, their number and sizes are nobody else's business. */
async function permissions(run: Run): Promise<CheckResult> {
  const { url } = await run.openStore();
  if (process.platform === 'win32' || !url.startsWith('file:'))
    return { status: 'ok', detail: 'not a matter of files here' };
  const folder = url.slice('file:'.length);
  const { mode } = await stat(folder);
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  if ((mode & 0o077) === 0) return { status: 'ok', detail: `${folder} is yours alone (${shown})` };
  return { status: 'wrong', detail: `${folder} is open to others (${shown})`, advice: `Run: chmod 700 '${folder}'` };
}

async function key(run: Run): Promise<CheckResult> {
  const keys = run.openKeys();
  const id = await keys.keyId();
  if (id !== undefined) return { status: 'ok', detail: `${keys.description}, key ${id}` };
  // With sessions in the store, the check of sessions says that their key is missing.
  return { status: 'ok', detail: `${keys.description} is made at the first capture` };
}

/** Opens every session to its end, so that a damaged one is found before it is needed. */
async function sessions(run: Run): Promise<CheckResult> {
  const archive = await run.archive();
  const { sessions: found, damaged } = await allSessions(archive);
  const broken = damaged.map(({ id, error }) => `${id} (${error.code})`);
  for (const { id } of found) {
    run.output.progress(`opening ${id} ...`);
    try {
      const { state } = await archive.open(id);
      for await (const _batch of state.batches);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
      broken.push(`${id} (${error.code})`);
    }
  }
  const total = plural(found.length + damaged.length, 'session');
  if (broken.length === 0) return { status: 'ok', detail: `${total}, none damaged` };
  const advice =
    'Bring the key that sealed them, go back to an earlier copy of the store, or remove them with psp delete.';
  return { status: 'wrong', detail: `${total}, ${broken.length} cannot be opened: ${broken.join(', ')}`, advice };
}
