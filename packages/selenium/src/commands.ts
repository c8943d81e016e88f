/** Selenium's names of the commands of WebDriver, by their address. Source: W3C WebDriver 2, section "Endpoints". */

/** Parts of the path in braces are parameters of that name. */
const NAMES: Readonly<Record<string, string>> = {
  'GET /timeouts': 'getTimeout',
  'POST /timeouts': 'setTimeout',
  'GET /url': 'getCurrentUrl',
  'POST /url': 'get',
  'POST /back': 'goBack',
  'POST /forward': 'goForward',
  'POST /refresh': 'refresh',
  'GET /title': 'getTitle',
  'GET /source': 'getPageSource',
  'GET /window': 'getCurrentWindowHandle',
  'POST /window': 'switchToWindow',
  'DELETE /window': 'close',
  'POST /window/new': 'newWindow',
  'GET /window/handles': 'getWindowHandles',
  'GET /window/rect': 'getWindowRect',
  'POST /window/rect': 'setWindowRect',
  'POST /window/minimize': 'minimizeWindow',
  'POST /frame': 'switchToFrame',
  'POST /frame/parent': 'switchToFrameParent',
  'GET /element/active': 'getActiveElement',
  'POST /element': 'findElement',
  'POST /elements': 'findElements',
  'POST /element/{id}/element': 'findChildElement',
  'POST /element/{id}/elements': 'findChildElements',
  'POST /execute/sync': 'executeScript',
  'POST /execute/async': 'executeAsyncScript',
  'GET /cookie': 'getCookies',
  'GET /cookie/{name}': 'getCookie',
  'POST /cookie': 'addCookie',
  'DELETE /cookie': 'deleteAllCookies',
  'DELETE /cookie/{name}': 'deleteCookie',
  'GET /alert/text': 'getAlertText',
  'POST /alert/accept': 'acceptAlert',
  'POST /alert/dismiss': 'dismissAlert',
};

const COMMANDS = Object.entries(NAMES).map(([address, name]) => ({
  name,
  pattern: new RegExp(`^${address.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

export interface NamedCommand {
  readonly name: string;
  /** The parts of the path that are parameters, as they stand there. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The command at an address such as `GET /window/handles`; undefined when Selenium has no name for it. */
export function commandAt(address: string): NamedCommand | undefined {
  for (const { name, pattern } of COMMANDS) {
    const match = pattern.exec(address);
    if (match !== null) return { name, parameters: { ...match.groups } };
  }
  return undefined;
}
