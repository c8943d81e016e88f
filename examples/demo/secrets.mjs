/** The secrets of a login, and a search for them in bytes. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const STORED = "({ token: localStorage.getItem('token'), tab: sessionStorage.getItem('tab') })";

/**
 * The values that make the page logged in: its cookies, its token and its tab value.
 *
 * @param {import('playwright').Page} page
 * @returns {Promise<string[]>}
 */
export async function secretsOf(page) {
  const cookies = await page.context().cookies();
  return [...cookies.map((cookie) => cookie.value), ...Object.values(await page.evaluate(STORED))];
}

/** What a session kept as plain text would hold. @param {import('playwright').Page} page @returns {Promise<Buffer>} */
export async function plainText(page) {
  return Buffer.from(JSON.stringify({ cookies: await page.context().cookies(), storage: await page.evaluate(STORED) }));
}

/** Every file below a folder. @param {string} folder @returns {Promise<Buffer[]>} */
export async function readFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))));
}

/**
 * Those of the secrets that stand in one of the files, as they are or in a usual encoding.
 *
 * @param {readonly string[]} secrets
 * @param {readonly Buffer[]} files
 */
export function findSecrets(secrets, files) {
  return new Set(
    secrets.filter((secret) => files.some((file) => spellings(secret).some((bytes) => file.includes(bytes)))),
  );
}

/** Base64 differs with the position of the secret in what was encoded, so its inner part is spelled for all three. */
function spellings(secret) {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
  /** @type {BufferEncoding[]} */
  const forms = ['base64', 'base64url'];
  const base64 = forms.flatMap((form) => shifted.map((part) => part.toString(form).slice(4, -4)));
  return [
    bytes,
    Buffer.from(secret, 'utf16le'),
    ...[bytes.toString('hex'), ...base64].map((text) => Buffer.from(text)),
  ];
}
