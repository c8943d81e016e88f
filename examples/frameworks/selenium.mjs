/** PSP with Selenium: log in once, be logged in in another browser. */
import { startDemoApp } from '@psp-examples/demo/app.mjs';
import { findChromium, launchFlags } from '@psp/core';
import { SeleniumAdapter } from '@psp/selenium';
import { Builder, By } from 'selenium-webdriver';
import { Options, ServiceBuilder } from 'selenium-webdriver/chrome.js';
import { whoIsSeen } from './who.mjs';

const app = await startDemoApp();
const [first, second] = [await launch(), await launch()];
try {
  const adapter = new SeleniumAdapter();
  const session = await adapter.createSession(first, { name: 'my-auth-session' });
  await whoIsSeen(app, () => logIn(first));
  await session.capture();

  const saved = await adapter.loadSession(session.getId());
  await saved.restore(second);
  const name = await whoIsSeen(app, () => second.get(`${app.appUrl}/dashboard`));

  console.log(`selenium: logged in as ${name} in another browser`);
} finally {
  await first.quit();
  await second.quit();
  await app.close();
}

async function launch() {
  const options = new Options();
  options.setBinaryPath(await findChromium());
  options.addArguments('--headless', ...launchFlags());
  // The chromedriver on PATH; without it, Selenium looks for one by itself.
  return new Builder()
    .forBrowser('chrome')
    .setChromeOptions(options)
    .setChromeService(new ServiceBuilder('chromedriver'))
    .build();
}

async function logIn(driver) {
  await driver.get(`${app.appUrl}/login`);
  await driver.findElement(By.name('user')).sendKeys(app.user);
  await driver.findElement(By.name('password')).sendKeys(app.password);
  await driver.findElement(By.css('button')).click();
}
