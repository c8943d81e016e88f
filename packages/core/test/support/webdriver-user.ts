/** A user of classic WebDriver: begins a session and drives its browser by raw commands, whatever our drivers do beside it. */
export interface WebDriverUser {
  readonly server: string;
  readonly sessionId: string;
  readonly capabilities: Record<string, unknown>;
  /** One command; rejects with the code of the browser's error. */
  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  goto(url: string): Promise<void>;
  evaluate(expression: string): Promise<unknown>;
  shownTabs(): Promise<number>;
  dialogOpen(): Promise<boolean>;
  closeDialog(): Promise<void>;
  /** Goes on with one empty window and without the cookies of these origins, which are those of any port. */
  clear(origins: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

interface NewSession {
  sessionId: string;
  capabilities: Record<string, unknown>;
}

/** What a page may do only where a person did something, such as opening a window, is the work of a button that is clicked. */
const ADD_BUTTON = `
  const button = document.createElement('button');
  button.textContent = button.id = 'psp-test-button';
  button.onclick = () => { window.eval(arguments[0]); button.remove(); };
  document.body.append(button);`;

/** In the page's own realm, since some browsers run scripts of WebDriver in one of their own. */
const EVALUATE = `
  const [expression, done] = arguments;
  const give = (value) => done([true, value === undefined ? null : value]);
  const fail = (error) => done([false, String(error)]);
  try { Promise.resolve(window.eval(expression)).then(give, fail); } catch (error) { fail(error); }`;

export async function beginSession(server: string, capabilities: object): Promise<WebDriverUser> {
  const { sessionId, capabilities: found } = (await command(server, 'POST', '/session', {
    capabilities: { alwaysMatch: capabilities },
  })) as NewSession;
  const send: WebDriverUser['send'] = (method, path, body) =>
    command(server, method, `/session/${sessionId}${path}`, body);
  return {
    server,
    sessionId,
    capabilities: found,
    send,
    goto: async (url) => void (await send('POST', '/url', { url })),
    async evaluate(expression) {
      if (/(?<![.\w])open\(/.test(expression)) return clickTo(send, expression);
      const answer = await send('POST', '/execute/async', { script: EVALUATE, args: [expression] });
      // A dialog that opens meanwhile ends the script, by the standard.
      if (answer === null) return undefined;
      const [ok, value] = answer as [boolean, unknown];
      if (!ok) throw new Error(String(value));
      return value;
    },
    shownTabs: async () => ((await send('GET', '/window/handles')) as string[]).length,
    dialogOpen: () =>
      send('GET', '/alert/text').then(
        () => true,
        () => false,
      ),
    closeDialog: async () => void (await send('POST', '/alert/accept', {})),
    clear: (origins) => clear(send, origins),
    end: async () => void (await send('DELETE', '').catch(() => undefined)), // ended by the test itself
  };
}

async function clickTo(send: WebDriverUser['send'], expression: string): Promise<undefined> {
  await send('POST', '/execute/sync', { script: ADD_BUTTON, args: [expression] });
  const element = (await send('POST', '/element', { using: 'css selector', value: '#psp-test-button' })) as object;
  await send('POST', `/element/${Object.values(element)[0]}/click`, {});
}

/** Cookies are listed by the path of the document; these are the paths that tests set. */
const COOKIE_PATHS = ['/deep/path', '/p'];

async function clear(send: WebDriverUser['send'], origins: readonly string[]): Promise<void> {
  // A dialog that a test left open.
  await send('POST', '/alert/accept', {}).catch(() => undefined);
  const { handle } = (await send('POST', '/window/new', { type: 'tab' })) as { handle: string };
  for (const other of (await send('GET', '/window/handles')) as string[]) {
    if (other === handle) continue;
    await send('POST', '/window', { handle: other });
    await send('DELETE', '/window');
  }
  await send('POST', '/window', { handle });
  for (const origin of origins) {
    for (const path of COOKIE_PATHS) {
      await send('POST', '/url', { url: `${origin}${path}` });
      await send('DELETE', '/cookie');
    }
  }
  await send('POST', '/url', { url: 'about:blank' });
}

async function command(server: string, method: string, path: string, body?: object): Promise<unknown> {
  const reply = await fetch(`${server}${path}`, {
    method,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  const { value } = (await reply.json()) as { value: unknown };
  if (reply.ok) return value;
  throw new Error(`${method} ${path}: ${(value as { error: string }).error}`);
}
