/** Which command of Marionette stands behind which address of WebDriver. Source: W3C WebDriver 2, section "Endpoints". */

/**
 * @typedef {object} Command
 * @property {string} name Marionette's name of it
 * @property {object} params
 * @property {(result: any) => unknown} answer what WebDriver answers
 */

/** Marionette wraps single values, as WebDriver does itself. @param {any} result */
const unwrapped = (result) =>
  result !== null && typeof result === 'object' && 'value' in result ? result.value : result;

/** Parts of the path in braces become parameters of the same name, beside those of the body. */
const ROWS = [
  ['GET /timeouts', 'WebDriver:GetTimeouts'],
  ['POST /timeouts', 'WebDriver:SetTimeouts'],
  ['GET /url', 'WebDriver:GetCurrentURL'],
  ['POST /url', 'WebDriver:Navigate'],
  ['POST /back', 'WebDriver:Back'],
  ['POST /forward', 'WebDriver:Forward'],
  ['POST /refresh', 'WebDriver:Refresh'],
  ['GET /title', 'WebDriver:GetTitle'],
  ['GET /source', 'WebDriver:GetPageSource'],
  ['GET /window', 'WebDriver:GetWindowHandle'],
  ['POST /window', 'WebDriver:SwitchToWindow'],
  ['DELETE /window', 'WebDriver:CloseWindow'],
  ['POST /window/new', 'WebDriver:NewWindow'],
  ['GET /window/handles', 'WebDriver:GetWindowHandles'],
  ['GET /window/rect', 'WebDriver:GetWindowRect'],
  ['POST /window/rect', 'WebDriver:SetWindowRect'],
  ['POST /window/maximize', 'WebDriver:MaximizeWindow'],
  ['POST /window/minimize', 'WebDriver:MinimizeWindow'],
  ['POST /window/fullscreen', 'WebDriver:FullscreenWindow'],
  ['POST /frame', 'WebDriver:SwitchToFrame'],
  ['POST /frame/parent', 'WebDriver:SwitchToParentFrame'],
  ['GET /element/active', 'WebDriver:GetActiveElement'],
  ['POST /element', 'WebDriver:FindElement'],
  ['POST /elements', 'WebDriver:FindElements'],
  ['POST /element/{element}/element', 'WebDriver:FindElement'],
  ['POST /element/{element}/elements', 'WebDriver:FindElements'],
  ['GET /element/{id}/shadow', 'WebDriver:GetShadowRoot'],
  ['POST /shadow/{shadowRoot}/element', 'WebDriver:FindElementFromShadowRoot'],
  ['POST /shadow/{shadowRoot}/elements', 'WebDriver:FindElementsFromShadowRoot'],
  ['GET /element/{id}/selected', 'WebDriver:IsElementSelected'],
  ['GET /element/{id}/enabled', 'WebDriver:IsElementEnabled'],
  ['GET /element/{id}/displayed', 'WebDriver:IsElementDisplayed'],
  ['GET /element/{id}/attribute/{name}', 'WebDriver:GetElementAttribute'],
  ['GET /element/{id}/property/{name}', 'WebDriver:GetElementProperty'],
  ['GET /element/{id}/css/{propertyName}', 'WebDriver:GetElementCSSValue'],
  ['GET /element/{id}/text', 'WebDriver:GetElementText'],
  ['GET /element/{id}/name', 'WebDriver:GetElementTagName'],
  ['GET /element/{id}/rect', 'WebDriver:GetElementRect'],
  ['POST /element/{id}/click', 'WebDriver:ElementClick'],
  ['POST /element/{id}/clear', 'WebDriver:ElementClear'],
  ['POST /element/{id}/value', 'WebDriver:ElementSendKeys'],
  ['POST /execute/sync', 'WebDriver:ExecuteScript'],
  ['POST /execute/async', 'WebDriver:ExecuteAsyncScript'],
  ['GET /cookie', 'WebDriver:GetCookies'],
  ['GET /cookie/{name}', 'WebDriver:GetCookies'],
  ['POST /cookie', 'WebDriver:AddCookie'],
  ['DELETE /cookie', 'WebDriver:DeleteAllCookies'],
  ['DELETE /cookie/{name}', 'WebDriver:DeleteCookie'],
  ['POST /actions', 'WebDriver:PerformActions'],
  ['DELETE /actions', 'WebDriver:ReleaseActions'],
  ['GET /alert/text', 'WebDriver:GetAlertText'],
  ['POST /alert/text', 'WebDriver:SendAlertText'],
  ['POST /alert/accept', 'WebDriver:AcceptAlert'],
  ['POST /alert/dismiss', 'WebDriver:DismissAlert'],
  ['GET /screenshot', 'WebDriver:TakeScreenshot'],
  ['GET /element/{id}/screenshot', 'WebDriver:TakeScreenshot'],
  ['POST /permissions', 'WebDriver:SetPermission'],
  ['POST /webauthn/authenticator', 'WebAuthn:AddVirtualAuthenticator'],
  ['DELETE /webauthn/authenticator/{authenticatorId}', 'WebAuthn:RemoveVirtualAuthenticator'],
  ['POST /webauthn/authenticator/{authenticatorId}/credential', 'WebAuthn:AddCredential'],
  ['GET /webauthn/authenticator/{authenticatorId}/credentials', 'WebAuthn:GetCredentials'],
  ['POST /moz/context', 'Marionette:SetContext'],
].map(([address = '', name = '']) => ({ name, matcher: matcherOf(address), address }));

/** @param {string} address */
function matcherOf(address) {
  return new RegExp(`^${address.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

/** Where the two differ in more than the name. @type {Record<string, (params: any) => object>} */
const PARAMS = {
  'POST /window': ({ handle }) => ({ handle }),
  'POST /frame': ({ id }) => (id !== null && typeof id === 'object' ? { element: Object.values(id)[0] } : { id }),
  'GET /screenshot': () => ({ full: false, hash: false }),
  'GET /element/{id}/screenshot': ({ id }) => ({ id, full: false, hash: false }),
  'POST /moz/context': ({ context }) => ({ value: context }),
};

/** The command for a request, or undefined when there is none. @param {string} method @param {string} path @param {object} body @returns {Command | undefined} */
export function commandFor(method, path, body) {
  for (const { address, name, matcher } of ROWS) {
    const match = matcher.exec(`${method} ${path}`);
    if (match === null) continue;
    const inPath = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
    );
    const params = { ...body, ...inPath };
    return { name, params: PARAMS[address]?.(params) ?? params, answer: answerOf(address, inPath) };
  }
  return undefined;
}

/** @param {string} address @param {Record<string, string>} inPath */
function answerOf(address, inPath) {
  if (address !== 'GET /cookie/{name}') return unwrapped;
  return (/** @type {any} */ result) =>
    unwrapped(result).find((/** @type {any} */ { name }) => name === inPath['name']);
}
