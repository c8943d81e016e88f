/** The demo's application as a whole: a web application and its identity provider, each on an origin of its own. */
import { randomBytes } from 'node:crypto';
import { startIdentityProvider } from './identity-provider.mjs';
import { startWebApp } from './web-app.mjs';

/**
 * Starts both on free ports of the loopback address. The names end in `.localhost`, which browsers resolve by themselves, and
 * which makes them two sites, not just two origins. The password is made anew each time.
 *
 * @returns {Promise<import('./app.d.mts').DemoApp>}
 */
export async function startDemoApp() {
  const clientSecret = randomBytes(24).toString('base64url');
  const user = 'ada';
  const name = 'Ada Lovelace';
  const password = randomBytes(12).toString('base64url');
  const provider = await startIdentityProvider({ user, name, password, clientSecret });
  const app = await startWebApp({ idpUrl: provider.url, clientSecret });
  provider.register(`${app.url}/callback`);
  const close = async () => {
    await app.close();
    await provider.close();
  };
  return { appUrl: app.url, idpUrl: provider.url, user, name, password, whoami: app.whoami, close };
}
