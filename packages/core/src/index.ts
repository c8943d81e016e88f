/** The public face of core. Stores, formats, the CDP driver's parts and the suites have entry points of their own. */
export { SessionAdapter, type AdapterOptions, type CreateSessionOptions, type Storage } from './adapter.js';
export {
  Archive,
  raiseEpoch,
  readEpoch,
  type ArchiveOptions,
  type GcOptions,
  type GcReport,
  type Keep,
  type Lease,
  type LeaseOptions,
  type ListOptions,
  type OpenedSession,
  type RaiseEpochOptions,
  type Revision,
  type SavedSession,
  type SessionChange,
  type SessionChanges,
  type SaveOptions,
  type SessionPage,
  type SessionVersion,
  type WatchOptions,
} from './archive.js';
export { copyStore, type CopyOptions, type CopyProgress, type CopyReport } from './archive/copy.js';
export type { CopyStatus, SessionCopy } from './archive/copy-session.js';
export { connectBidi, type ConnectBidiOptions } from './browser/bidi/connect.js';
export { connectCdp, type ConnectCdpOptions } from './browser/cdp/connect.js';
export { connectWebDriver, type ConnectWebDriverOptions } from './browser/webdriver/open.js';
export type * from './browser/driver.js';
export { NO_HOLD, type DocumentHold, type Hold, type HoldOptions } from './browser/hold.js';
export { NO_PRELOAD, type Preload } from './browser/preload.js';
export {
  NO_SURROUNDINGS,
  type PermissionSetting,
  type RequestHeader,
  type Surroundings,
} from './browser/surroundings.js';
export {
  NO_TAB_MEMORY,
  type HistoryEntry,
  type SeenArea,
  type TabHistory,
  type TabMemory,
} from './browser/tab-memory.js';
export { findChromium, findOnPath, launchFlags } from './browser/find.js';
export { captureState, type CapturedState, type CaptureOptions, type Progress } from './capture.js';
export { chooserOf, chooseState } from './choice.js';
export { checkedMaxBytes, LIMITED_KINDS, type LimitedKind, type MaxBytes } from './max-bytes.js';
export type { KeyOptions } from './exportable-keys.js';
export {
  launchOptionsOf,
  type LaunchAdvice,
  type LaunchFramework,
  type LaunchOptionsByFramework,
  type MissingOption,
} from './launch-options.js';
export type { NamedAccessOptions } from './named-access.js';
export { portabilityOfDocument } from './portability.js';
export { inlineRecords, splitRecords } from './payload.js';
export { beginRestore, restoreState, type Restoration, type RestoreOptions } from './restore.js';
export type { RestoreReport } from './restore-report.js';
export { openKeySource } from './seal/key-file.js';
export type * from './seal/sealer.js';
export { checkedOrigin } from './checked-origin.js';
export { Session, type CaptureCallOptions, type CaptureReport } from './session.js';
export type * from './state.js';
export { refuseLosses, reportOf, type SessionReport } from './strict.js';
export { checkStore, type StoreCheck } from './store/check.js';
export { openStore } from './store/open.js';
export type * from './store/store.js';
export type { AuthenticatorOptions, OwnedAuthenticator, WebAuthnAccess, WebAuthnSession } from './webauthn.js';
export { checkedTimeout } from './timeout.js';
export { checkVerifyOptions, verifyIn, verifyInNewTab, type Verification, type VerifyOptions } from './verify.js';
