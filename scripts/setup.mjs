/**
 * Makes a clone ready to run: dependencies, build, browser; with --all-browsers also the other browsers, which tests and the
 * matrix need and nothing else does, with --servers also the servers of the tests of stores. Needs Node and npm only, does nothing twice, and says in one line for each step what it did.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canInstall, gist, install, updateLists } from './apt.mjs';
import { build } from './build.mjs';
import { provideEngines } from './engines.mjs';
import { Plain, ROOT, run, runMain, STALL_MS, step, tool } from './run.mjs';
import { provideServers } from './servers.mjs';

const NODE_NEEDED = [20, 19];
const ALL_BROWSERS = '--all-browsers';
const SERVERS = '--servers';

await runMain(async () => {
  const [unknown] = process.argv.slice(2).filter((word) => word !== ALL_BROWSERS && word !== SERVERS);
  if (unknown !== undefined) throw new Plain(`expected nothing, ${ALL_BROWSERS} or ${SERVERS}, found ${unknown}`);
  console.log('set-up');
  await step('node', checkNode);
  await step('dependencies', installDependencies);
  await step('build', build);
  // The others first: Debian's chromedriver brings the Chromium that it fits.
  if (process.argv.includes(ALL_BROWSERS)) await step('engines', provideEngines);
  await step('browser', provideBrowser);
  if (process.argv.includes(SERVERS)) await step('servers', provideServers);
});

async function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isEnough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  if (!isEnough) {
    throw new Plain(
      `Node ${NODE_NEEDED.join('.')} or later is needed, and this is ${process.version}. ` +
        'Install it from https://nodejs.org, or with `nvm install` in this folder.',
    );
  }
  return process.version;
}

async function installDependencies(say) {
  if (isInstalled()) return 'as in package-lock.json';
  say('npm ci');
  const options = { env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', PUPPETEER_SKIP_DOWNLOAD: '1' } };
  const { code, output } = await run(npm('ci', '--no-audit', '--no-fund', '--loglevel=error'), options);
  if (code !== 0) throw new Plain(`npm ci failed:\n\n${output.trim()}`);
  return 'installed';
}

/**
 * Whether node_modules holds what package-lock.json names. npm writes what it installed into node_modules/.package-lock.json, as
 * its last act, so an install that was cut short shows as well. Packages for other systems may be absent.
 */
function isInstalled() {
  const installedFile = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
  });
}

/** npm through this Node when npm started us, since on Windows `npm` alone is a batch file. */
function npm(...args) {
  const self = process.env.npm_execpath;
  if (self !== undefined && self.endsWith('.js')) return [process.execPath, self, ...args];
  return process.platform === 'win32' ? ['cmd.exe', '/d', '/c', 'npm', ...args] : ['npm', ...args];
}

/** The browser that is here, else Playwright's, else that of the system, each only when the one before cannot be had. */
async function provideBrowser(say) {
  const { findChromium } = await import('../packages/core/dist/browser/find.js');
  const here = await findStarting(findChromium);
  if (here.path !== undefined) return here.path;
  const named = process.env.PSP_BROWSER;
  if (named !== undefined && named !== '') throw new Plain(`PSP_BROWSER: ${here.problem}`);
  const tried = [here.problem];
  for (const { name, work } of installers()) {
    say(name);
    const { code, output } = await work();
    const found = await findStarting(findChromium);
    if (found.path !== undefined) return `${found.path} installed`;
    tried.push(`${name}: ${code === 0 ? found.problem : gist(output)}`);
  }
  throw new Plain(
    `No Chromium can be started on this machine. Install Chromium, Chrome or Edge, or name one with PSP_BROWSER.\n\n` +
      tried.map((line) => `- ${line}`).join('\n'),
  );
}

function installers() {
  const playwright = {
    name: 'playwright install chromium',
    work: () => run(tool('playwright', 'install', 'chromium'), { stallMs: STALL_MS }),
  };
  const apt = { name: 'apt-get install chromium', work: installChromium };
  return canInstall ? [playwright, apt] : [playwright];
}

async function installChromium() {
  const update = await updateLists();
  return update.code === 0 ? install('chromium', 'fonts-liberation') : update;
}

/** The browser, when it starts: one whose libraries are missing, and Ubuntu's stand-in that asks for a snap, do not. */
async function findStarting(findChromium) {
  try {
    const path = await findChromium();
    if (path === undefined) return { problem: 'none found on this machine' };
    // On Windows --version opens a window; there a browser comes with its libraries.
    if (process.platform === 'win32') return { path };
    const { code, output } = await run([path, '--version'], { stallMs: STALL_MS });
    return code === 0 ? { path } : { problem: `${path} does not start: ${gist(output)}` };
  } catch (error) {
    // PSP_BROWSER names something else than a program: installing another one would not help.
    if (error instanceof Error && 'code' in error) throw new Plain(error.message);
    throw error;
  }
}
