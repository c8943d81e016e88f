/** Runs a child process quietly, and shows a person that it still works. Knows nothing of what it runs. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** For `run`: a download that shows nothing for so long will not come. */
export const STALL_MS = 120_000;

/**
 * Runs a program in the project's folder and gives its exit code and all that it printed. `stallMs` ends it when it prints
 * nothing for that long. A program that cannot be started has the exit code 127.
 *
 * @param {readonly string[]} command
 * @param {{ env?: Record<string, string>, cwd?: string, stallMs?: number, shell?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run([program, ...args], { env, cwd = ROOT, stallMs, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let stall;
    const watch = () => {
      if (stallMs === undefined) return;
      clearTimeout(stall);
      stall = setTimeout(() => {
        output += `\nended: it printed nothing for ${stallMs / 1000} s\n`;
        child.kill('SIGKILL');
      }, stallMs);
    };
    const collect = (chunk) => {
      output += chunk;
      watch();
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const finish = (code) => {
      clearTimeout(stall);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    child.on('close', (code) => finish(code ?? 1));
    watch();
  });
}

/**
 * The command that starts a program of an installed package with this Node, without a shell and on every system.
 *
 * @param {string} name of the package
 * @param {...string} args
 */
export function tool(name, ...args) {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = typeof bin === 'string' ? bin : Object.values(bin)[0];
  return [process.execPath, join(folder, file), ...args];
}

/**
 * Prints one line for a step: its name while it runs, then what came of it and how long it took. `work` gives the words for
 * the result. Without a terminal a line every 15 seconds shows that it goes on.
 *
 * @param {string} name
 * @param {(say: (doing: string) => void) => Promise<string>} work
 */
export async function step(name, work) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const terminal = process.stdout.isTTY === true;
  const label = name.padEnd(14);
  let doing = '';
  const show = () => {
    if (terminal) process.stdout.write(`\r\x1b[2K  ${label}${doing} ${seconds()} s`);
    else console.log(`  ${label}${doing} (${seconds()} s)`);
  };
  const ticker = setInterval(show, terminal ? 500 : 15_000);
  const say = (text) => {
    doing = text;
    show();
  };
  try {
    const result = await work(say);
    if (terminal) process.stdout.write('\r\x1b[2K');
    console.log(`  ${label}${result} (${seconds()} s)`);
  } catch (error) {
    if (terminal) process.stdout.write('\r\x1b[2K');
    console.log(`  ${label}failed (${seconds()} s)`);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

/** Whether this module is what Node was started with. @param {string} url its `import.meta.url` */
export function isMain(url) {
  const started = process.argv[1];
  return started !== undefined && url === pathToFileURL(started).href;
}

/** A failure that the person at the screen can mend: its message is all that they see, without a stack. */
export class Plain extends Error {}

/**
 * The end of a script: a {@link Plain} error prints its message alone, any other one its stack; both exit 1.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Plain ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
