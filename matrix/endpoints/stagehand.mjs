/** Stagehand on this machine (env LOCAL), without a model and so without a key of one. */
import { Stagehand } from '@browserbasehq/stagehand';
import { findChromium, launchFlags } from '@psp/core';
import { StagehandAdapter } from '@psp/stagehand';
import { versionOf } from '../versions.mjs';
import { drive, orEnd } from './drive.mjs';

/** @type {import('./drive.mjs').Endpoint[]} */
export const stagehand = [
  {
    name: 'stagehand',
    label: 'Stagehand 3, env LOCAL',
    engine: 'chromium',
    through: 'StagehandAdapter',
    framework: versionOf('@browserbasehq/stagehand'),
    missing: () => undefined,
    async open(options) {
      const args = [...launchFlags(), '--ignore-certificate-errors'];
      const localBrowserLaunchOptions = {
        executablePath: await findChromium(),
        headless: true,
        args,
        chromiumSandbox: false,
      };
      const instance = new Stagehand({ env: 'LOCAL', verbose: 0, disablePino: true, localBrowserLaunchOptions });
      const close = () => instance.close();
      return orEnd(close, async () => {
        await instance.init();
        const goto = (url) => instance.context.activePage().goto(url);
        return drive({ adapter: new StagehandAdapter(options), page: instance, goto, close });
      });
    },
  },
];
