/**
 * The main job, end to end: log in once with Playwright, capture the session, kill the browser, restore the session into a new
 * browser process, and be logged in. Run it with `npm run demo`; another output folder can be named as its only argument.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium, launchFlags } from '@psp/core';
import { PlaywrightAdapter } from '@psp/playwright';
import { chromium } from 'playwright';
import { startDemoApp } from './app.mjs';
import { browserPid, killBrowser } from './browser-process.mjs';
import { findSecrets, plainText, readFiles, secretsOf } from './secrets.mjs';
import { amount, NotAsExpected, reportError, size, step } from './steps.mjs';

const folder = resolve(process.argv[2] ?? 'demo-output');
const screenshot = join(folder, 'dashboard.png');
const storeFolder = join(folder, 'store');
const storage = pathToFileURL(storeFolder).href;
// A key of the demo's own, so that the key of the person who runs it is neither used nor made.
const notices = [];
const adapter = new PlaywrightAdapter({ keyFile: join(folder, 'key'), onNotice: (text) => notices.push(text) });

/** What a run opens, closed in the end whatever happens. */
const open = new Set();

try {
  await demo();
} catch (error) {
  reportError(error);
  process.exitCode = 1;
} finally {
  for (const thing of [...open].reverse()) await thing.close();
}

async function demo() {
  console.log('PSP demo: log in once, kill the browser, be logged in again in a new one\n');
  await mkdir(folder, { recursive: true });
  await rm(screenshot, { force: true });
  const app = await step('application', startApplication);
  const first = await step('browser', startBrowser);
  const page = await first.newPage();
  // Before the log-in, so that PSP sees every origin that it leads to.
  const session = await adapter.createSession(page, { name: 'demo', storage });
  const before = await step('log in', () => logIn(page, app));
  const secrets = await secretsOf(page);
  const plain = await plainText(page);
  const { id } = await step('capture', () => capture(session));
  for (const text of notices) console.log(`  ${''.padEnd(12)}${text}`);
  await step('sealed', () => proveSealed(secrets, plain));
  await step('kill', () => kill(first));
  const second = await step('new browser', startBrowser);
  await step('control', () => expectStranger(second, app));
  const newPage = await second.newPage();
  await step('restore', () => restore(newPage, id));
  await step('dashboard', () => expectSamePerson(newPage, app, before));
  await step('provider', () => expectProviderKnows(newPage, app));
  console.log(`\nLogged in again, without a login. Screenshot: ${screenshot}`);
}

async function startApplication() {
  const app = await startDemoApp();
  open.add(app);
  return { value: app, says: `${app.appUrl}, identity provider ${app.idpUrl}` };
}

async function startBrowser() {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new NotAsExpected('No Chromium was found. Run `npm run setup` first.');
  const browser = await chromium.launch({ executablePath, args: launchFlags() }).catch((error) => {
    throw new NotAsExpected(`${executablePath} does not start: ${error.message.split('\n')[0]}`, { cause: error });
  });
  open.add(browser);
  return { value: browser, says: `${executablePath} ${browser.version()}, process ${await browserPid(browser)}` };
}

async function logIn(page, app) {
  await page.goto(`${app.appUrl}/dashboard`);
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('User').fill(app.user);
  await page.getByLabel('Password').fill(app.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL(`${app.appUrl}/dashboard`);
  const shown = await readDashboard(page);
  expectConfirmed(app, shown);
  return { value: shown, says: `${shown.who}, by the form at ${new URL(app.idpUrl).hostname}` };
}

async function capture(session) {
  const { counts, losses, bytes } = await session.capture();
  if (losses.length > 0)
    throw new NotAsExpected(`Something was lost:\n${losses.map((loss) => JSON.stringify(loss)).join('\n')}`);
  const found = [
    amount(counts.cookies, 'cookie'),
    `${counts.localStorage} localStorage`,
    `${counts.sessionStorage} sessionStorage`,
    `${amount(counts.records, 'record')} in ${amount(counts.databases, 'database')}`,
    amount(counts.origins, 'origin'),
  ];
  return { value: { id: session.getId() }, says: `${found.join(', ')}; losses: none; ${size(bytes)}` };
}

/** Looks for each secret in each stored file. The same search finds all of them in a session kept as plain text. */
async function proveSealed(secrets, plain) {
  const missed = secrets.length - findSecrets(secrets, [plain]).size;
  if (missed > 0)
    throw new NotAsExpected(`The search is wrong: it misses ${missed} of ${secrets.length} secrets in plain text.`);
  const files = await readFiles(storeFolder);
  const found = findSecrets(secrets, files);
  if (files.length === 0) throw new NotAsExpected(`Nothing was stored in ${storeFolder}.`);
  if (found.size > 0) throw new NotAsExpected(`${found.size} secrets stand in plain in ${storeFolder}.`);
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  return {
    says: `no secret found in ${amount(files.length, 'file')}, ${size(bytes)} (searched for ${secrets.length})`,
  };
}

async function kill(browser) {
  const pid = await killBrowser(browser);
  open.delete(browser);
  return { says: `process ${pid} is gone` };
}

/** A new browser that nothing was restored into is not logged in, or the rest would prove nothing. */
async function expectStranger(browser, app) {
  const page = await browser.newPage();
  await page.goto(`${app.appUrl}/dashboard`);
  const { who } = await readDashboard(page);
  await page.context().close();
  if (who !== 'Not logged in') throw new NotAsExpected(`Before the restore the dashboard says "${who}".`);
  return { says: `without a restore the dashboard says "${who}"` };
}

async function restore(page, id) {
  const saved = await adapter.loadSession(id, { storage });
  const { losses } = await saved.restore(page);
  if (losses.length > 0)
    throw new NotAsExpected(`Something was lost:\n${losses.map((loss) => JSON.stringify(loss)).join('\n')}`);
  return { says: `session ${id}; losses: none` };
}

async function expectSamePerson(page, app, before) {
  await page.goto(`${app.appUrl}/dashboard`);
  const shown = await readDashboard(page);
  await page.screenshot({ path: screenshot });
  expectConfirmed(app, shown);
  for (const [part, text] of Object.entries(before)) {
    if (shown[part] !== text)
      throw new NotAsExpected(`The dashboard's "${part}" was "${text}" and is now "${shown[part]}".`);
  }
  return {
    says: `${shown.who}, confirmed by the server; Date ${shown.since}, Map ${shown.preferences}, Blob ${shown.picture}`,
  };
}

/** The second origin was restored as well: it remembers the name, and vouches for her without asking for the password again. */
async function expectProviderKnows(page, app) {
  await page.goto(`${app.idpUrl}/authorize`);
  const lastUser = await page.evaluate("localStorage.getItem('last-user')");
  if (lastUser !== app.user) throw new NotAsExpected(`The identity provider remembers "${lastUser}" as its last user.`);
  await page.goto(`${app.appUrl}/login`);
  if (await page.getByLabel('Password').isVisible())
    throw new NotAsExpected('The identity provider asks for the password again.');
  await page.waitForURL(`${app.appUrl}/dashboard`);
  expectConfirmed(app, await readDashboard(page));
  return { says: `knows ${lastUser} and asks for no password` };
}

async function readDashboard(page) {
  await page.locator('body[data-ready]').waitFor();
  const parts = { who: '#who', since: '#since', preferences: '#preferences', picture: '#picture' };
  const texts = Object.entries(parts).map(async ([part, selector]) => [
    part,
    await page.locator(selector).textContent(),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}

/** The page must say it, and the server must have said it to the page. */
function expectConfirmed(app, shown) {
  const answer = app.whoami.at(-1);
  if (answer?.user !== app.user)
    throw new NotAsExpected(`Not logged in: the server misses a valid ${answer?.missing ?? 'request'}.`);
  if (shown.who !== `Logged in as ${app.name}`) throw new NotAsExpected(`The dashboard says "${shown.who}".`);
}
