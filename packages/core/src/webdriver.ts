/** Entry point for adapters whose framework brings its own classic WebDriver session. */
export { WebDriverDriver, type WebDriverDriverOptions } from './browser/webdriver/driver.js';
export { connectHttp, type HttpOptions } from './browser/webdriver/http.js';
export {
  connectWebDriver,
  openWebDriver,
  type ConnectWebDriverOptions,
  type OpenWebDriverOptions,
} from './browser/webdriver/open.js';
export { WebDriverRefusal, type WebDriverTransport } from './browser/webdriver/transport.js';
