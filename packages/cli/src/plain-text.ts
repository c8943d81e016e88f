/** Text from sessions on its way to a terminal. Names of cookies and sessions come from strangers: no byte of theirs may command it. */

/** Controls (C0, DEL, C1), line separators, and the marks that turn the direction of what follows. */
const COMMANDING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with each control shown as `\x1b` or `\u202e`, and lone surrogates as the replacement character. */
export function plainText(text: string): string {
  return wellFormed(text).replace(COMMANDING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** JSON text with the controls that JSON lets through in its escaped form. */
export function plainJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * An address without its query and fragment, which may hold tokens. Other text with addresses in it is treated alike. What an object
 * store says of itself in its URL stays: it says no secrets, and its endpoint is part of the command that an error advises.
 */
export function withoutQueries(text: string): string {
  return text.replace(/\b(?!(?:s3|gs|azure):)([a-z][a-z0-9+.-]*:\/\/[^\s?#"]*)[?#][^\s"]*/gi, '$1');
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
