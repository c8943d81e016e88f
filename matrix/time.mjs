/** A time limit for anything that a browser is asked. */

/** @template T @param {Promise<T>} work @param {number} limitMs @param {string} what for people @returns {Promise<T>} */
export async function inTime(work, limitMs, what) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs / 1000} s`)), limitMs);
  });
  // Whichever comes second is nobody's any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
