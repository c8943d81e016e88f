/** Runs page code in the current frame, or in a frame of ours below it where the page has spoilt its own realm. */
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import { ADD_FRAME, PATCHED_CHECK } from '../main-world.js';
import { isRefusal } from './refusal.js';
import type { Turns } from './turns.js';

export interface PageCall {
  readonly source: string;
  readonly argument: string;
  /** Where the code is to run: it does not anywhere else. Undefined for opaque origins. */
  readonly origin: string | undefined;
  readonly timeoutMs: number;
}

/** Milliseconds for the script that an address holds. The browser waits in vain for it to load a page. */
const SCRIPT_ADDRESS_MS = 300;

/** `() => undefined`: removes the frame in which it runs, once the answer is out. */
const LEAVE = '() => { const frame = frameElement; setTimeout(() => frame.remove(), 0); }';

/** What the code came to: its answer; the name of what it threw; that it gave no text; that the document is another. */
type Outcome = ['text', string] | ['threw', string] | ['nothing'] | ['moved'];

/**
 * Calls the page function and gives its text. `path` is where the current frame is. Throws TIMEOUT, BROWSER_GONE when the document is
 * of another origin meanwhile, UNSUPPORTED when the code fails or the page lets no code run at all.
 */
export async function callInFrame(turns: Turns, path: readonly number[], call: PageCall): Promise<string> {
  await turns.limit({ script: call.timeoutMs });
  const state = await realmState(turns, call.timeoutMs);
  if (state === 'clean') return run(turns, call);
  const name = `psp-${randomUUID()}`;
  await addFrame(turns, path, name, state === 'broken');
  if (!(await enterAdded(turns, name))) throw spoilt();
  try {
    return await run(turns, call);
  } finally {
    // Where the page has gone, the frame has too.
    await turns.commands.call(LEAVE, [], call.timeoutMs).catch(() => undefined);
  }
}

/** `broken`: not even a script of WebDriver's can run, since browsers run those with the page's own Promise and JSON. */
async function realmState(turns: Turns, timeoutMs: number): Promise<'clean' | 'patched' | 'broken'> {
  try {
    return (await turns.commands.call(PATCHED_CHECK, [], timeoutMs)) === false ? 'clean' : 'patched';
  } catch (error) {
    if (isRefusal(error, 'unknown error', 'javascript error')) return 'broken';
    throw error;
  }
}

async function addFrame(turns: Turns, path: readonly number[], name: string, isBroken: boolean): Promise<void> {
  const { commands, dialect } = turns;
  if (!isBroken) {
    await commands.call(ADD_FRAME, [name], SCRIPT_ADDRESS_MS);
    return;
  }
  if (!dialect.scriptAddresses || path.length > 0) throw spoilt();
  await turns.limit({ pageLoad: SCRIPT_ADDRESS_MS });
  const script = `void (${ADD_FRAME})(${JSON.stringify(name)})`;
  try {
    await commands.navigate(`javascript:${encodeURIComponent(script)}`, SCRIPT_ADDRESS_MS);
  } catch (error) {
    // Nothing loads, so the browser's wait for it ends so; whether the script ran, the frame will tell.
    if (!isRefusal(error, 'timeout')) throw error;
  }
}

/** Goes to the frame of that name below the current one. False when it is not there: a policy of the page's may forbid it. */
async function enterAdded({ commands }: Turns, name: string): Promise<boolean> {
  for (let index = 0; await commands.toFrame(index); index++) {
    // Frames of the page may be as spoilt as the page itself.
    const found = await commands.call('() => self.name', [], SCRIPT_ADDRESS_MS).catch(() => undefined);
    if (found === name) return true;
    await commands.toParent();
  }
  return false;
}

async function run(turns: Turns, { source, argument, origin, timeoutMs }: PageCall): Promise<string> {
  const { commands, dialect } = turns;
  const answer = commands.callAsync(runner(source, dialect.sandboxed), [argument, origin ?? null], timeoutMs);
  const outcome = (await turns.whileOpen(answer).catch(ended)) as Outcome;
  switch (outcome[0]) {
    case 'text':
      return outcome[1];
    case 'moved':
      throw new PspError('BROWSER_GONE', 'The page went elsewhere meanwhile.');
    case 'threw':
      // The name only: a message may hold what the page keeps.
      throw new PspError('UNSUPPORTED', `The page code failed: ${outcome[1]}.`);
    case 'nothing':
      throw new PspError('UNSUPPORTED', 'The page code failed: it gave no text.');
  }
}

/** The script itself catches what the code throws, so an error of its own is the end of the document: the browser has no better word. */
function ended(error: unknown): never {
  if (!isRefusal(error, 'javascript error')) throw error;
  throw new PspError('BROWSER_GONE', 'The page went away while code ran in it.', { cause: error });
}

/**
 * The script around the page function. Where scripts run in a realm beside the page's, the function goes into the page's own, whose
 * classes are those of the values in its databases; under a policy that forbids that, it runs beside.
 */
function runner(source: string, isSandboxed: boolean): string {
  const inPage = `(() => { try { return window.eval(${JSON.stringify(`(${source})`)}); } catch { return undefined; } })()`;
  return `
    const [argument, origin, done] = arguments;
    if (origin !== null && self.origin !== origin) return done(['moved']);
    const run = ${isSandboxed ? `${inPage} ?? (${source})` : `(${source})`};
    const threw = (error) => done(['threw', error && typeof error.name === 'string' ? error.name : 'an error']);
    try {
      Promise.resolve(run(argument)).then((text) => done(typeof text === 'string' ? ['text', text] : ['nothing']), threw);
    } catch (error) {
      threw(error);
    }`;
}

function spoilt(): PspError {
  return new PspError('UNSUPPORTED', 'The page has replaced what WebDriver itself needs to run a script in it.');
}
