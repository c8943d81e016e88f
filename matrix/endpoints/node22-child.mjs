/** The other side of node22.mjs: runs under Node.js 22, opens one framework of matrix/node22, and does what it is told. */
import { FRAMEWORKS } from '../node22/frameworks.mjs';
import { drive } from './drive.mjs';

const [framework = '', options = '{}'] = process.argv.slice(2);
/** @type {import('./drive.mjs').Handle} */
let handle;

const VERBS = {
  async open() {
    const { onNotice: _, ...rest } = JSON.parse(options);
    const { adapter, page, goto, close } = await FRAMEWORKS[framework]({ ...rest, onNotice: () => undefined }, [
      '--ignore-certificate-errors',
    ]);
    // What a framework gives for a navigation may be anything; nobody needs it.
    handle = drive({
      adapter,
      page,
      goto: async (url) => void (await goto(url)),
      close: async () => void (await close()),
    });
  },
  goto: (url) => handle.goto(url),
  begin: (name) => handle.begin(name),
  capture: () => handle.capture(),
  restore: (id) => handle.restore(id),
  close: async () => handle?.close(),
};

process.on('message', ({ id, verb, argument }) => {
  VERBS[verb](argument).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: { code: error.code, message: error.message, losses: error.report?.losses } }),
  );
});
// Whoever started it is gone: so is its browser.
process.on('disconnect', () => process.exit());
