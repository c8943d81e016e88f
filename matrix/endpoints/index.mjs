/** All endpoints of the matrix, in the order of its rows and columns. */
import { node22Endpoints } from './node22.mjs';
import { playwright } from './playwright.mjs';
import { puppeteerEndpoints } from './puppeteer.mjs';
import { raw } from './raw.mjs';
import { selenium } from './selenium.mjs';
import { skyvern } from './skyvern.mjs';
import { stagehand } from './stagehand.mjs';

const [stagehand4, puppeteer25, selenium449] = node22Endpoints;

/** @type {readonly import('./drive.mjs').Endpoint[]} */
export const endpoints = [
  ...playwright,
  ...puppeteerEndpoints,
  puppeteer25,
  ...selenium,
  selenium449,
  ...stagehand,
  stagehand4,
  ...skyvern,
  ...raw,
];
