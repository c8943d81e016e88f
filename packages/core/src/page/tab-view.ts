/** What the user of a tab sees and did: where the page is scrolled to, and what its forms hold. Touches no storage. */
import type { FormValue } from '@psp/protocol';
import type { TabReply, TabRequest, TabView } from './contract.js';
import { isWellFormed } from './codec/text.js';
import { controlsOf, fieldOf, findField } from './form-fields.js';
import { changedValue, enter, holds } from './form-values.js';

/** Milliseconds. A page that builds itself by scripts is given so long for what is missing of it. */
const PATIENCE_MS = 3_000;
const POLL_MS = 50;
/** After so long a page that sets its fields itself has done so. */
const SETTLE_MS = 200;

/** Code may run in a frame of ours below the page. */
function pageDocument(): Document {
  return self.frameElement === null ? document : self.frameElement.ownerDocument;
}

export function readTabView(): TabView {
  const page = pageDocument();
  const { scrollX: x, scrollY: y } = page.defaultView as Window;
  const forms = controlsOf(page).flatMap((control): FormValue[] => {
    const value = changedValue(control);
    if (value === undefined) return [];
    const field = fieldOf(control);
    return isWellFormed(field) ? [{ field, ...value }] : [];
  });
  return { scroll: { x, y }, forms };
}

/** Once the page has loaded. Nothing is entered where the page is another than the one that was captured. */
export async function writeTabView({ url, scroll, forms, timeoutMs }: TabRequest): Promise<TabReply> {
  const page = pageDocument();
  await until(() => page.readyState === 'complete', timeoutMs);
  if (!isSamePage(page, url)) return { otherPage: true, refused: [], scrolled: false };
  const refused = await enterAll(page, forms);
  const scrolled = scroll === undefined || (await until(() => scrollTo(page, scroll), PATIENCE_MS));
  return { otherPage: false, refused, scrolled };
}

/** Gives the fields that are not there or do not take their value. */
async function enterAll(page: Document, forms: readonly FormValue[]): Promise<string[]> {
  if (forms.length === 0) return [];
  const refused = new Set<string>();
  let missing = [...forms];
  const isDone = (): boolean => {
    missing = missing.filter((form) => {
      const control = findField(page, form.field);
      if (control !== undefined && !enter(control, form)) refused.add(form.field);
      return control === undefined;
    });
    return missing.length === 0;
  };
  await until(isDone, PATIENCE_MS);
  await sleep(SETTLE_MS);
  for (const form of forms) {
    const control = findField(page, form.field);
    if (control === undefined || (!holds(control, form) && !enter(control, form))) refused.add(form.field);
    else refused.delete(form.field);
  }
  return forms.flatMap(({ field }) => (refused.has(field) ? [field] : []));
}

function scrollTo(page: Document, { x, y }: TabView['scroll']): boolean {
  const view = page.defaultView as Window;
  view.scrollTo({ left: x, top: y, behavior: 'instant' });
  // Screens differ in the fractions of a pixel that they know.
  return Math.abs(view.scrollX - x) < 2 && Math.abs(view.scrollY - y) < 2;
}

/** Sites change query and fragment as they like; another path is another page, such as that of a log-in. */
function isSamePage({ location }: Document, url: string): boolean {
  const wanted = new URL(url);
  return location.origin === wanted.origin && location.pathname === wanted.pathname;
}

async function until(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (isDone()) return true;
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
