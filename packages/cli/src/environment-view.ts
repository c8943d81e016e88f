/** What `psp show` tells of environment, HTTP access and passkeys. Passwords, header values and keys in no case. */
import type { SessionDocument } from '@psp/protocol';
import type { Output } from './output.js';

/** Names of users, and where they are, only where they were asked for. */
export function environmentView({ environment, http, authenticators = [] }: SessionDocument, reveal: boolean) {
  const { geolocation, ...others } = environment ?? {};
  const credentials = http?.credentials?.map(({ origin, username }) => ({
    ...(origin === undefined ? {} : { origin }),
    ...(reveal ? { username } : {}),
  }));
  const headers = http?.headers?.map(({ name }) => ({ name }));
  const passkeys = authenticators.flatMap(({ credentials }) =>
    credentials.map(({ rpId, userName }) => ({
      rpId,
      ...(reveal && userName !== undefined ? { userName } : {}),
    })),
  );
  return {
    ...(environment === undefined
      ? {}
      : { environment: { ...others, ...(reveal && geolocation !== undefined ? { geolocation } : {}) } }),
    ...(http === undefined ? {} : { http: { credentials: credentials ?? [], headers: headers ?? [] } }),
    ...(passkeys.length === 0 ? {} : { passkeys }),
  };
}

type View = ReturnType<typeof environmentView>;

export function showEnvironment(output: Output, { environment, http, passkeys = [] }: View): void {
  const lines = [
    ...viewLines(environment ?? {}),
    ...httpLines(http),
    ...passkeys.map(({ rpId }) => `passkey      ${rpId}`),
  ];
  if (lines.length > 0) output.heading('Environment');
  for (const line of lines) output.line(line);
}

function viewLines({
  userAgent,
  viewport,
  deviceScaleFactor,
  locale,
  timeZone,
  colorScheme,
  geolocation,
  permissions = [],
}: NonNullable<View['environment']>): string[] {
  const screen = viewport === undefined ? undefined : `${viewport.width}x${viewport.height}`;
  const rows: (readonly [string, string | undefined])[] = [
    ['user agent', userAgent],
    ['viewport', screen],
    ['scale', deviceScaleFactor?.toString()],
    ['locale', locale],
    ['time zone', timeZone],
    ['colours', colorScheme],
    ['position', geolocation === undefined ? undefined : `${geolocation.latitude}, ${geolocation.longitude}`],
    ...permissions.map(({ origin, name, state }) => ['permission', `${name} ${state} for ${origin}`] as const),
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(13)}${value}`]));
}

function httpLines(http: View['http']): string[] {
  if (http === undefined) return [];
  return [
    ...http.credentials.map(({ origin = 'any origin' }) => `credentials  for ${origin}`),
    ...http.headers.map(({ name }) => `header       ${name}`),
  ];
}
