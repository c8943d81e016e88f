/** Starts a Firefox that answers WebDriver BiDi, with a profile of its own and no network traffic of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { find } from './available.mjs';

/** What Firefox would ask the network for, or show, by itself. */
const QUIET = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.region.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage': 'about:blank',
  'browser.startup.page': 0,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.usage.uploadEnabled': false,
  'dom.push.connection.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  // WebDriver BiDi only, as the remote agent has it.
  'remote.active-protocols': 1,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/**
 * Starts a headless Firefox. `flags` are more arguments, `prefs` more preferences. `kill` ends it and removes its profile; it never
 * throws and is safe to call twice. Rejects when Firefox ends before it answers.
 *
 * @param {{ flags?: readonly string[], prefs?: Readonly<Record<string, string | number | boolean>> }} [options]
 * @returns {Promise<{ address: string, process: import('node:child_process').ChildProcess, profile: string, kill(): Promise<void> }>}
 */
export async function startFirefox({ flags = [], prefs = {} } = {}) {
  const executable = find('firefox');
  if (executable === undefined) throw new Error('No Firefox here: run `node scripts/setup.mjs --all-browsers`.');
  const profile = await mkdtemp(join(tmpdir(), 'psp-firefox-'));
  const lines = Object.entries({ ...QUIET, ...prefs }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const args = [
    '--headless',
    '--no-remote',
    '--profile',
    profile,
    '--remote-debugging-port=0',
    ...flags,
    'about:blank',
  ];
  // A group of its own: its content processes end with it.
  const child = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const kill = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endGroup(child.pid);
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    return { address: await listeningAt(child), process: child, profile, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function listeningAt(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (data) => {
      text += String(data);
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(text);
      if (found !== null) resolve(found[1]);
      // Later lines are of no use, and the pipe must not fill.
      if (text.length > 100_000) text = text.slice(-10_000);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${text.slice(-500)}`)));
  });
}

/** @param {number} pid */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}
