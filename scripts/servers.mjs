/** What tests of stores need: real servers. Nobody else needs them, so what cannot be installed is said in one line and stops nothing here. */
import { SERVERS } from '../servers/index.mjs';
import { canInstall, install, updateLists } from './apt.mjs';
import { onPath } from './on-path.mjs';

/** No servers: with it the torture moves the clocks of processes, and without it only their Date. */
const TOOLS = ['faketime'];

/**
 * Installs what is missing where it can, and gives one line for the step.
 *
 * @param {(doing: string) => void} say
 * @param {readonly import('../servers/server.js').ServerKind[]} [kinds]
 */
export async function provideServers(say, kinds = SERVERS) {
  const absent = () => kinds.filter((kind) => kind.missing() !== undefined);
  const before = absent();
  const packages = [...before.flatMap(({ debian }) => debian), ...TOOLS.filter((name) => onPath(name) === undefined)];
  if (canInstall && packages.length > 0) await installAll(packages, say);
  const after = absent();
  if (before.length === 0) return namesOf(kinds);
  if (after.length === 0) return `${namesOf(before)} installed`;
  const wanted = after.flatMap(({ debian }) => debian).join(' ');
  const how = canInstall ? `apt-get install ${wanted} failed` : `On Debian: sudo apt-get install ${wanted}`;
  const variables = after.map(({ variable }) => variable).join(', ');
  return `${namesOf(after)} missing: tests that need them are skipped, and fail in CI. ${how}. Or name servers with ${variables}`;
}

/** @param {readonly import('../servers/server.js').ServerKind[]} kinds */
const namesOf = (kinds) => kinds.map(({ name }) => name).join(', ');

/** One by one: a package that this system does not know is not to cost the others. */
async function installAll(packages, say) {
  say('apt-get update');
  await updateLists();
  for (const name of packages) {
    say(`apt-get install ${name}`);
    await install(name);
  }
}
