/** Origins as documents hold them: the ASCII serialisation of an http or https tuple origin (HTML, section 7.1.1). */
import { unfit, type Problem } from './place.js';

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const URL: {
  canParse(text: string): boolean;
  new (text: string): { readonly origin: string; readonly protocol: string };
};

/** True when the text is exactly what a browser gives as `location.origin` of a web page. */
export function isOrigin(text: string): boolean {
  return originOf(text) === text;
}

/** The origin of an http or https address, undefined for any other text. */
export function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

export function originProblem(text: string): Problem | undefined {
  return isOrigin(text) ? undefined : unfit('the ASCII serialisation of an http or https origin', text);
}
