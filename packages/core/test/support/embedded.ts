/** One origin at four places: for itself, below two other sites, and the first of these below itself with the second between. */
import type { Frame, Page } from 'playwright';
import type { TestSite } from './site.js';

export interface EmbeddedPlace {
  readonly name: string;
  /** The address of the tab; the place is its innermost frame. */
  readonly url: string;
}

export function embeddedPlaces(site: TestSite): EmbeddedPlace[] {
  const frame = (url: string): string => `<title>embeds</title><iframe src="${url}"></iframe>`;
  const [a, b, c] = ['a.localhost', 'b.localhost', 'c.localhost'].map((host) => site.origin(host));
  site.serve('/embeds-c', frame(`${c}/`));
  site.serve('/embeds-a', frame(`${a}/`));
  site.serve('/embeds-b', frame(`${b}/embeds-a`));
  return [
    { name: 'c', url: `${c}/` },
    { name: 'a > b > a', url: `${a}/embeds-b` },
    { name: 'b > c', url: `${b}/embeds-c` },
    { name: 'a > c', url: `${a}/embeds-c` },
  ];
}

const KEEP = `async (value) => {
  localStorage.setItem('k', value);
  sessionStorage.setItem('k', value);
  const opening = indexedDB.open('d', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('s');
  await new Promise((done) => (opening.onsuccess = done));
  const put = opening.result.transaction('s', 'readwrite').objectStore('s').put(value, 'k');
  await new Promise((done) => (put.transaction.oncomplete = done));
  opening.result.close();
}`;

/** Does not make a database that is not there. */
const TELL = `async () => {
  const told = { local: localStorage.getItem('k'), session: sessionStorage.getItem('k') };
  if (!(await indexedDB.databases()).some(({ name }) => name === 'd')) return told;
  const opening = indexedDB.open('d');
  await new Promise((done) => (opening.onsuccess = done));
  const get = opening.result.transaction('s').objectStore('s').get('k');
  await new Promise((done) => (get.onsuccess = done));
  opening.result.close();
  return { ...told, database: get.result };
}`;

/** Each place keeps what `valueOf` gives for it. The tab stands on the last place in the end. */
export async function keepAt(page: Page, places: readonly EmbeddedPlace[], valueOf: (name: string) => string) {
  for (const { name, url } of places)
    await (await innermost(page, url)).evaluate(`(${KEEP})(${JSON.stringify(valueOf(name))})`);
}

/** What each place keeps: `{ local, session, database }`. */
export async function tellAt(page: Page, places: readonly EmbeddedPlace[]): Promise<Record<string, object>> {
  const told: Record<string, object> = {};
  for (const { name, url } of places) told[name] = await (await innermost(page, url)).evaluate(`(${TELL})()`);
  return told;
}

async function innermost(page: Page, url: string): Promise<Frame> {
  await page.goto(url);
  return page.frames().at(-1) as Frame;
}
