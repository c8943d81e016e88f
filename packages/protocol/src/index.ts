/** The public face of the protocol: schemas, types, errors, parsing, comparing. No Node, no DOM. */
export * from './errors.js';
export * from './schema/value.js';
export * from './schema/loss.js';
export * from './schema/choice.js';
export * from './schema/binding.js';
export * from './schema/environment.js';
export * from './schema/session.js';
export * from './schema/metadata.js';
export * from './schema/recording.js';
export * from './schema/event.js';
export { DEFAULT_LIMITS, type ParseLimits } from './limits.js';
export { parseJson } from './json.js';
export { migrate, type JsonObject, type Migration, type Migrations, type VersionedFormat } from './migrate.js';
export { parseSessionDocument, SESSION_MIGRATIONS, type ParseOptions } from './parse.js';
export { parsePayload, parsePayloadHead, parseRecordLine, payloadLines, type PlacedRecordLine } from './payload.js';
export {
  comparePlaces,
  holderAt,
  holdersOf,
  isRecordPlace,
  isStorePlace,
  withoutRecords,
  type StorePlace,
} from './record-place.js';
export { parseRecording } from './parse-recording.js';
export { checkWireValue, MAX_TREE_DEPTH } from './value-check.js';
export { fromWireString, showWireString, toWireString } from './wire-string.js';
export { cookieIdentity, domainMatches } from './cookie.js';
export { parseHttpAccess } from './environment-check.js';
export { isOrigin, originOf } from './origin.js';
export { showStoragePlace, storageIdentity, type StoragePlace } from './storage-place.js';
export { isSessionId, newSessionId } from './session-id.js';
export { countSession } from './counts.js';
export { earliestExpiry, listExpiries, type Expiry } from './expiry.js';
export { portabilityOf, type Portability } from './portability.js';
export {
  searchTokens,
  mayHoldToken,
  TokenSearch,
  tokensOf,
  type Token,
  type TokenKind,
  type TokenPlace,
} from './tokens.js';
export { diffSessions, type DiffItem, type SessionDiff } from './diff.js';
export { showKey } from './show-key.js';
export { siteOf } from './site.js';
export { CHOSEN_KINDS, parseChoice, type ChoiceInput, type RuleInput } from './choice-rule.js';
export { Chooser, globMatches, namesTaken, ORIGIN_KINDS, type ChoicePlace, type NameRules } from './choice.js';
export { chooseDocument, type ChosenDocument } from './choice-document.js';
export { SkippedTally } from './skipped.js';
export { mergeSessions, type MergeConflict, type MergedSession, type MergeInput } from './merge.js';
