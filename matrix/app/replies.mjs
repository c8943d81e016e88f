/** The few forms of a reply that the login application gives. */

/** @typedef {{ status?: number, headers?: Record<string, string | string[]>, body?: string | Buffer }} Reply */
/** @typedef {{ run: string, url: URL, headers: Record<string, any>, text: string, cookies: Map<string, string> }} Request */
/** Keys are `SITE METHOD PATH`; the site `any` is each of the three. @typedef {Record<string, (request: Request) => Reply | Promise<Reply>>} Routes */

/** @type {Reply} */
export const NOBODY = { status: 403, body: 'Unknown login' };

/** @param {string} body @param {string[]} [cookies] @returns {Reply} */
export function html(body, cookies = []) {
  return { headers: { 'content-type': 'text/html; charset=utf-8', 'set-cookie': cookies }, body };
}

/** @param {unknown} value @returns {Reply} */
export function json(value) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** @param {string | Buffer} body @returns {Reply} */
export function script(body) {
  return { headers: { 'content-type': 'text/javascript; charset=utf-8' }, body };
}

/** @param {string} location @param {string[]} [cookies] @returns {Reply} */
export function redirect(location, cookies = []) {
  return { status: 303, headers: { location, 'set-cookie': cookies } };
}
