/** Debian's packages, where this user may install them. */
import { existsSync } from 'node:fs';
import { run, STALL_MS } from './run.mjs';

/** Debian or a relative of it, and root. */
export const canInstall = process.platform === 'linux' && process.getuid() === 0 && existsSync('/etc/debian_version');

/** Fetches the lists of packages. @returns {Promise<{ code: number, output: string }>} */
export function updateLists() {
  return aptGet('update');
}

/**
 * Installs without what is merely recommended. The lists must have been fetched.
 *
 * @param {...string} packages
 */
export function install(...packages) {
  return aptGet('install', '--no-install-recommends', ...packages);
}

function aptGet(...args) {
  return run(['apt-get', '-q', '-y', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' }, stallMs: STALL_MS });
}

/** The lines of a tool's output that say what went wrong, without stacks; its last words when none does. @param {string} output */
export function gist(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => line !== '' && !/^at |^[{}]/.test(line));
  const telling = words.filter((line) => /error|cannot|failed|not found|requires|^E:/i.test(line));
  return [...new Set(telling.length > 0 ? telling : words)].slice(-3).join('\n  ');
}
