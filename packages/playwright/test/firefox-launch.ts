/** How the tests launch Firefox by Playwright. */

/** By WebDriver BiDi: the Firefox of this machine is none that Playwright built for its own protocol. */
export const FIREFOX = { channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr' };
