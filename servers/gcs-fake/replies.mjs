// @ts-check
/** Replies as the JSON API words them: https://cloud.google.com/storage/docs/json_api/v1/status-codes. */

/** @typedef {{ status: number, headers: Record<string, string>, body: Buffer }} Reply */

export const REASONS = {
  noBucket: { reason: 'notFound', message: 'The specified bucket does not exist.' },
  /** @param {string} bucket @param {string} name */
  noObject: (bucket, name) => ({ reason: 'notFound', message: `No such object: ${bucket}/${name}` }),
  bucketExists: {
    reason: 'conflict',
    message: 'Your previous request to create the named bucket succeeded and you already own it.',
  },
  condition: { reason: 'conditionNotMet', message: 'At least one of the pre-conditions you specified did not hold.' },
  noUpload: { reason: 'notFound', message: 'No such upload.' },
};

/** @param {number} status @param {unknown} value @param {Record<string, string>} [headers] @returns {Reply} */
export function json(status, value, headers = {}) {
  const body = Buffer.from(JSON.stringify(value));
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length), ...headers },
    body,
  };
}

/** @param {number} code @param {{ reason: string, message: string }} why */
export const failed = (code, { reason, message }) =>
  json(code, { error: { code, message, errors: [{ domain: 'global', reason, message }] } });
