/** The checks of `psp doctor`: each looks at one thing that everything else needs. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { findChromium, findOnPath, type Store } from '@psp/core';
import { ERROR_KINDS, PspError, type ErrorCode } from '@psp/protocol';
import { fileFault, permissionFault } from './folder-rights.js';
import { withoutQueries } from './plain-text.js';
import type { Run } from './run.js';
import { allSessions } from './sessions.js';
import { plural } from './units.js';

const TRIAL_BYTES = 64 * 1024;

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
  { name: 'others', look: otherBrowsers },
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
    if (error instanceof PspError)
      return { status: 'wrong', detail: error.message, advice: ERROR_KINDS[error.code].advice };
    const detail = `unexpected error: ${withoutQueries(error instanceof Error ? error.message : String(error))}`;
    return { status: 'wrong', detail, advice: 'This is a fault of PSP: please report it.' };
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

/** PSP starts none of these, and connects to those that run: what is here says which option may be of use. */
const OTHER_BROWSERS: readonly { readonly option: string; readonly programs: readonly (readonly string[])[] }[] = [
  { option: '--bidi', programs: [['firefox', 'firefox-esr']] },
  {
    option: '--webdriver',
    programs: [['chromedriver'], ['msedgedriver'], ['geckodriver'], ['safaridriver'], ['WebKitWebDriver']],
  },
];

async function otherBrowsers(): Promise<CheckResult> {
  const found = [];
  for (const { option, programs } of OTHER_BROWSERS) {
    const paths = await Promise.all(programs.map((names) => findOnPath(names)));
    const names = paths.flatMap((path) => (path === undefined ? [] : [basename(path)]));
    if (names.length > 0) found.push(`${names.join(', ')} (for psp capture ${option})`);
  }
  return { status: 'ok', detail: found.length === 0 ? 'none on PATH, and none is needed' : found.join('; ') };
}

function display(): CheckResult {
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = process.env;
  if (process.platform !== 'linux' || DISPLAY !== '' || WAYLAND_DISPLAY !== '')
    return { status: 'ok', detail: 'there is one' };
  const advice = 'psp login needs one: connect with ssh -X. psp capture needs none.';
  return { status: 'warning', detail: 'none (DISPLAY is not set)', advice };
}

async function storeAnswers(run: Run): Promise<CheckResult> {
  const store = await run.openStore();
  try {
    await store.probe();
    await writeTrial(store);
    const facts = (await store.facts?.()) ?? [];
    const server = facts.find(({ name }) => name === 'server')?.value;
    const what = /^(file|memory):/.test(store.url) || server === undefined ? store.url : `${store.url} (${server})`;
    const detail = `${what} reads, writes and refuses stale writes`;
    if (store.features.persistent) return { status: 'ok', detail };
    return {
      status: 'warning',
      detail,
      advice: 'Nothing in it outlives the process: choose another for what must stay.',
    };
  } finally {
    await store.close();
  }
}

/** As large as a small session: what a probe writes is so little that it fits on a full disk. */
async function writeTrial(store: Store): Promise<void> {
  const key = `probe/${randomUUID()}`;
  try {
    await store.put(key, randomBytes(TRIAL_BYTES), { absent: true });
  } finally {
    await store.remove(key);
  }
}

/** Sessions are sealed; still, their number and sizes are nobody else's business. */
async function permissions(run: Run): Promise<CheckResult> {
  const { url } = await run.openStore();
  const isFile = url.startsWith('sqlite:');
  if (process.platform === 'win32' || !(isFile || url.startsWith('file:')))
    return { status: 'ok', detail: 'those of the server, not of files here' };
  if (isFile) {
    const file = url.slice('sqlite:'.length);
    const wrong = await fileFault(file);
    return wrong === undefined ? { status: 'ok', detail: `${file} is yours alone` } : { status: 'wrong', ...wrong };
  }
  const folder = url.slice('file:'.length);
  const fault = await permissionFault(folder);
  return fault === undefined ? { status: 'ok', detail: `${folder} is yours alone` } : { status: 'wrong', ...fault };
}

async function key(run: Run): Promise<CheckResult> {
  const keys = run.openKeys();
  const id = await keys.keyId();
  if (id !== undefined) return { status: 'ok', detail: `${keys.description}, key ${id}` };
  try {
    // Throws KEY_MISSING when there are sessions that need one: then none will be made.
    await (await run.archive()).list({ limit: 1 });
  } catch (error) {
    if (error instanceof PspError && error.code === 'KEY_MISSING') throw error;
    // The check of the store says why.
    const detail = `${keys.description} does not exist, and the store does not tell whether sessions need it`;
    return { status: 'warning', detail };
  }
  return { status: 'ok', detail: `${keys.description} is made at the first capture` };
}

/** Opens every session to its end, so that a damaged one is found before it is needed. */
async function sessions(run: Run): Promise<CheckResult> {
  const archive = await run.archive();
  const { sessions: found, damaged } = await allSessions(archive);
  const broken = new Map<ErrorCode, string[]>();
  const note = (id: string, { code }: PspError): void => void broken.set(code, [...(broken.get(code) ?? []), id]);
  damaged.forEach(({ id, error }) => note(id, error));
  for (const { id } of found) {
    run.output.progress(`opening ${id} ...`);
    try {
      const { state } = await archive.open(id);
      for await (const _batch of state.batches);
    } catch (error) {
      if (!(error instanceof PspError)) throw error;
      note(id, error);
    }
  }
  const total = plural(found.length + damaged.length, 'session');
  if (broken.size === 0) return { status: 'ok', detail: `${total}, none damaged` };
  const count = [...broken.values()].reduce((sum, ids) => sum + ids.length, 0);
  const reasons = [...broken].map(([code, ids]) => `${someOf(ids)} (${code})`).join('; ');
  const detail = `${total}, ${count} cannot be opened: ${reasons}`;
  return { status: 'wrong', detail, advice: [...broken.keys()].map((code) => CURES[code] ?? OTHER_CURE).join(' ') };
}

const CURES: Partial<Record<ErrorCode, string>> = {
  KEY_MISMATCH: 'Bring the key that sealed them, with PSP_KEY_FILE.',
  UNSUPPORTED_VERSION: ERROR_KINDS.UNSUPPORTED_VERSION.advice,
};
const OTHER_CURE = 'Go back to an earlier copy of the store, or remove what is damaged with psp delete.';

/** Ids are long: more than a few make no line that anybody reads. */
function someOf(ids: readonly string[]): string {
  const SHOWN = 3;
  return ids.length <= SHOWN ? ids.join(', ') : `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} more`;
}
