/** What a site sees of machine and user, and access that the caller named (spec/psp-1.md, section "Environment"). */
import { Type, type Static } from 'typebox';

/** The state of a permission (Permissions API) as pages of the origin see it. */
export const OriginPermission = Type.Object({
  origin: Type.String(),
  name: Type.String({ minLength: 1 }),
  state: Type.Union([Type.Literal('granted'), Type.Literal('denied')]),
});
export type OriginPermission = Static<typeof OriginPermission>;

/** Absent is unknown. Sizes in CSS pixels, accuracy in metres. */
export const Environment = Type.Object({
  userAgent: Type.Optional(Type.String()),
  viewport: Type.Optional(Type.Object({ width: Type.Integer({ minimum: 1 }), height: Type.Integer({ minimum: 1 }) })),
  deviceScaleFactor: Type.Optional(Type.Number({ minimum: 0 })),
  locale: Type.Optional(Type.String({ description: 'BCP 47, as navigator.language' })),
  timeZone: Type.Optional(Type.String({ description: 'IANA name' })),
  colorScheme: Type.Optional(Type.Union([Type.Literal('light'), Type.Literal('dark')])),
  geolocation: Type.Optional(
    Type.Object({
      latitude: Type.Number(),
      longitude: Type.Number(),
      accuracy: Type.Optional(Type.Number({ minimum: 0 })),
    }),
  ),
  permissions: Type.Optional(Type.Array(OriginPermission)),
});
export type Environment = Static<typeof Environment>;

/** What the caller gave for HTTP: credentials (RFC 7617) and headers of each request to an origin. */
export const HttpAccess = Type.Object({
  credentials: Type.Optional(
    Type.Array(Type.Object({ origin: Type.Optional(Type.String()), username: Type.String(), password: Type.String() })),
  ),
  headers: Type.Optional(Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), value: Type.String() }))),
});
export type HttpAccess = Static<typeof HttpAccess>;

/** A credential of a virtual authenticator (WebAuthn Level 3, section 11). Binary members are base64url. */
export const VirtualCredential = Type.Object({
  credentialId: Type.String(),
  isResidentCredential: Type.Boolean(),
  rpId: Type.String(),
  privateKey: Type.String(),
  userHandle: Type.Optional(Type.String()),
  signCount: Type.Integer({ minimum: 0 }),
  largeBlob: Type.Optional(Type.String()),
  userName: Type.Optional(Type.String()),
  userDisplayName: Type.Optional(Type.String()),
  backupEligibility: Type.Optional(Type.Boolean()),
  backupState: Type.Optional(Type.Boolean()),
});
export type VirtualCredential = Static<typeof VirtualCredential>;

/** A virtual authenticator and what it holds. */
export const VirtualAuthenticator = Type.Object({
  protocol: Type.String(),
  transport: Type.String(),
  ctap2Version: Type.Optional(Type.String()),
  hasResidentKey: Type.Boolean(),
  hasUserVerification: Type.Boolean(),
  hasLargeBlob: Type.Optional(Type.Boolean()),
  hasCredBlob: Type.Optional(Type.Boolean()),
  hasMinPinLength: Type.Optional(Type.Boolean()),
  hasPrf: Type.Optional(Type.Boolean()),
  automaticPresenceSimulation: Type.Optional(Type.Boolean()),
  isUserVerified: Type.Optional(Type.Boolean()),
  defaultBackupEligibility: Type.Optional(Type.Boolean()),
  defaultBackupState: Type.Optional(Type.Boolean()),
  credentials: Type.Array(VirtualCredential),
});
export type VirtualAuthenticator = Static<typeof VirtualAuthenticator>;
