/**
 * What tests and the matrix need beside a Chromium: Firefox, the WebDriver servers, and a WebDriver client of another language.
 * Nobody else needs any of it, so what cannot be installed is said in one line and stops nothing here.
 */
import { debianPackages, forget, missing, WANTED } from '../matrix/browsers/available.mjs';
import { canInstall, install, updateLists } from './apt.mjs';

/**
 * Installs what is missing where it can, and gives one line for the step.
 *
 * @param {(doing: string) => void} say
 */
export async function provideEngines(say) {
  const before = absent();
  if (before.length === 0) return WANTED.join(', ');
  if (canInstall) await installMissing(say);
  const after = absent();
  if (after.length === 0) return `${before.join(', ')} installed`;
  const packages = debianPackages();
  const advice = canInstall ? `apt-get install ${packages.join(' ')} failed` : howToGet(packages);
  return `${after.join(', ')} missing: tests that need them are skipped, and fail in CI. ${advice}`;
}

const absent = () => WANTED.filter((name) => missing(name) !== undefined);

/** One by one: a package that this system does not know is not to cost the others. */
async function installMissing(say) {
  say('apt-get update');
  await updateLists();
  for (const name of debianPackages()) {
    say(`apt-get install ${name}`);
    await install(name);
  }
  forget();
}

function howToGet(packages) {
  if (process.platform === 'linux') return `On Debian: sudo apt-get install ${packages.join(' ')}`;
  return 'Firefox and chromedriver are found on PATH; WebKitGTK runs on Linux only.';
}
