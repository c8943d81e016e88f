/** The dialogs of Stagehand 4's tab, by a client of their own: Stagehand has no word for them. Needs the WebSocket of Node.js 22. */

export class Dialogs {
  #open = false;

  /** @param {WebSocket} socket to the tab */
  constructor(socket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { method } = JSON.parse(data);
      if (method === 'Page.javascriptDialogOpening') this.#open = true;
      if (method === 'Page.javascriptDialogClosed') this.#open = false;
    });
  }

  static async of(stagehand) {
    const { pageId } = await stagehand.browser.context.activePage();
    const address = `${stagehand.browser.cdpUrl.replace('http:', 'ws:')}/devtools/page/${pageId}`;
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('The tab takes no client.')));
    });
    socket.send(JSON.stringify({ id: 1, method: 'Page.enable' }));
    return new Dialogs(socket);
  }

  target() {
    return {
      dialogOpen: async () => this.#open,
      closeDialog: async () =>
        this.socket.send(JSON.stringify({ id: 2, method: 'Page.handleJavaScriptDialog', params: { accept: false } })),
    };
  }

  close() {
    this.socket.close();
  }
}
