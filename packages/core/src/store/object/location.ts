/** Reads the URL of an object store: `s3://KEY:SECRET@bucket/prefix?endpoint=http://127.0.0.1:7480`. Knows nothing of any cloud. */
import { PspError } from '@psp/protocol';

export interface ObjectLocation {
  /** Without credentials, for messages and for `store.url`. */
  readonly url: string;
  readonly bucket: string;
  /** Before every key: empty, or ending with a slash. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  /** The part before `@`, decoded. */
  readonly credentials: { readonly user: string; readonly secret: string } | undefined;
  readonly options: Readonly<Record<string, string>>;
}

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,221}$/;
const PREFIX = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
/** What the names of the clouds leave beside a key of 512 bytes: S3, GCS and Azure take 1024. */
const MAX_PREFIX_LENGTH = 500;

/** Throws INVALID_INPUT, which repeats nothing that may be a secret. `known` are the options that this kind of store takes beside `endpoint`, with what they may be. */
export function readLocation(text: string, known: Readonly<Record<string, RegExp>>): ObjectLocation {
  const scheme = /^[a-z0-9]+/.exec(text)?.[0] ?? '';
  const wrong = (what: string, cause?: unknown): PspError =>
    new PspError('INVALID_INPUT', `storage: ${scheme}: ${what}. A URL looks like ${scheme}://bucket/prefix`, { cause });
  let url: URL;
  let credentials: ObjectLocation['credentials'];
  try {
    url = new URL(text);
    credentials = credentialsOf(url);
  } catch (error) {
    throw wrong('this is not a URL; special characters before "@" are written with percent signs', error);
  }
  const bucket = url.host;
  if (!BUCKET.test(bucket)) throw wrong('expected the name of a bucket, of a-z, 0-9, ".", "-" and "_"');
  if ((credentials?.user === '') !== (credentials?.secret === ''))
    throw wrong('expected both halves of the credentials, or neither');
  const path = url.pathname.replaceAll(/^\/|\/$/g, '');
  const isPlain =
    path === '' || (PREFIX.test(path) && path.length <= MAX_PREFIX_LENGTH && !/(^|\/)\.+(\/|$)/.test(path));
  if (url.hash !== '' || !isPlain)
    throw wrong('expected a prefix of letters, digits, ".", "_", "-" and single slashes');
  const options = Object.fromEntries(url.searchParams);
  for (const [name, value] of Object.entries(options)) {
    if (name === 'endpoint' || (Object.hasOwn(known, name) && known[name]?.test(value) === true)) continue;
    throw wrong(
      `option ${JSON.stringify(name.slice(0, 40))}: expected one of ${['endpoint', ...Object.keys(known)].join(', ')}, each with a value of its kind`,
    );
  }
  const endpoint = options['endpoint'];
  if (endpoint !== undefined && !isEndpoint(endpoint))
    throw wrong('expected an endpoint such as http://127.0.0.1:9000, without credentials');
  const query = url.search === '' ? '' : `?${decodeURIComponent(url.searchParams.toString())}`;
  const shown = `${scheme}://${bucket}${path === '' ? '' : `/${path}`}${query}`;
  return { url: shown, bucket, prefix: path === '' ? '' : `${path}/`, endpoint, credentials, options };
}

function credentialsOf(url: URL): ObjectLocation['credentials'] {
  if (url.username === '' && url.password === '') return undefined;
  return { user: decodeURIComponent(url.username), secret: decodeURIComponent(url.password) };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username + password + search + hash === '';
}
