/** What the schema does not say of environment, HTTP access and authenticators (spec/psp-1.md, "Environment"). */
import { PspError } from './errors.js';
import { originProblem } from './origin.js';
import { eachOf, formatPlace, problem, under, unfit, type Problem } from './place.js';
import { schemaProblem } from './schema-check.js';
import {
  type Environment,
  HttpAccess,
  type OriginPermission,
  type VirtualAuthenticator,
} from './schema/environment.js';

/** The name of a header (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL = /[\x00-\x1f\x7f]/;
/** RFC 9110, section 5.5: a tab may stand within, and no space around. */
const NOT_IN_HEADERS = /[\x00-\x08\x0a-\x1f\x7f]|^[\t ]|[\t ]$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

export function environmentProblem({ permissions = [], geolocation }: Environment): Problem | undefined {
  const identity = ({ origin, name }: OriginPermission): string => JSON.stringify([origin, name]);
  const seen = new Set<string>();
  const again = eachOf(permissions, (permission) => {
    if (seen.has(identity(permission))) return problem('expected each permission once, found one again');
    seen.add(identity(permission));
    return under('origin', originProblem(permission.origin));
  });
  return under('permissions', again) ?? under('geolocation', geolocation && positionProblem(geolocation));
}

function positionProblem({ latitude, longitude }: NonNullable<Environment['geolocation']>): Problem | undefined {
  if (Math.abs(latitude) > 90) return under('latitude', problem('expected -90 to 90, found another number'));
  if (Math.abs(longitude) > 180) return under('longitude', problem('expected -180 to 180, found another number'));
  return undefined;
}

/** HTTP access as a caller gives it. Throws INVALID_INPUT, naming the place and no value. */
export function parseHttpAccess(input: unknown): HttpAccess {
  const found = under('http', schemaProblem(HttpAccess, input) ?? httpProblem(input as HttpAccess));
  if (found !== undefined) throw new PspError('INVALID_INPUT', `${formatPlace(found.path)}: ${found.text}`);
  return input as HttpAccess;
}

/** [PSP-ENV-5] */
export function httpProblem({ credentials = [], headers = [] }: HttpAccess): Problem | undefined {
  return (
    under('credentials', eachOf(credentials, credentialProblem)) ??
    under(
      'headers',
      eachOf(headers, ({ name, value }) =>
        TOKEN.test(name)
          ? under('value', fits(!NOT_IN_HEADERS.test(value), 'no control character and no space around', value))
          : under('name', unfit('a token (RFC 9110)', name)),
      ),
    )
  );
}

function credentialProblem({ origin, username, password }: NonNullable<HttpAccess['credentials']>[number]) {
  return (
    under('origin', origin === undefined ? undefined : originProblem(origin)) ??
    under(
      'username',
      fits(!CONTROL.test(username) && !username.includes(':'), 'no ":" or control character', username),
    ) ??
    under('password', fits(!CONTROL.test(password), 'no control character', password))
  );
}

/** Binary members as WebAuthn writes them in JSON: base64url without padding. */
export function authenticatorProblem({ credentials }: VirtualAuthenticator): Problem | undefined {
  const each = eachOf(credentials, (credential) => {
    for (const name of ['credentialId', 'privateKey', 'userHandle', 'largeBlob'] as const) {
      const value = credential[name];
      if (value !== undefined && !BASE64URL.test(value)) return under(name, unfit('base64url', value));
    }
    return undefined;
  });
  return under('credentials', each);
}

function fits(fine: boolean, what: string, value: string): Problem | undefined {
  return fine ? undefined : unfit(what, value);
}
