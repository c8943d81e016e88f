/** What the scripts of the pages share: which run they belong to, talk with the server, and patience. */

/** The login or the check that this page is part of. */
export const run = new URLSearchParams(location.search).get('run');

const PATIENCE_MS = 15_000;

/** @param {string} path @param {object} body @param {Record<string, string>} [headers] */
export async function post(path, body, headers = {}) {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body), headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Resolves when the frame is there, or after a while: what it did not send then counts as absent. @param {HTMLIFrameElement} frame */
export function loaded(frame) {
  return within(
    new Promise((resolve) => {
      // It may have loaded before this script ran; a document of another origin cannot be asked, so it is loaded again.
      frame.addEventListener('load', resolve, { once: true });
      frame.src = String(frame.src);
    }),
  ).catch(() => undefined);
}

/** @template T @param {Promise<T>} work @returns {Promise<T>} */
export function within(work) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Shows the end of a page to people and to any driver. @param {string} text */
export function show(text) {
  document.documentElement.dataset.result = text;
  document.querySelector('#result').textContent = text;
  document.title = text;
}
