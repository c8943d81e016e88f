/** Before the tests: says which browser they use. In CI a missing browser ends the run, since what needs one would prove nothing. */
import { findChromium } from '../packages/core/dist/browser/find.js';

export default async function announceBrowser() {
  const browser = await findChromium();
  if (browser !== undefined) {
    console.log(`browser: ${browser}`);
    return;
  }
  const message = 'browser: none found. Run `npm run setup`, or name one with PSP_BROWSER.';
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(message);
}
