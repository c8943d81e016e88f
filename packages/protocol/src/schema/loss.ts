/** What could not be captured or restored, by name. Nothing is lost silently (spec/psp-1.md, section "Losses"). */
import { Type, type Static } from 'typebox';

/** Every loss code with what to do about it. Codes are stable; docs/losses.md lists them. */
export const LOSS_ADVICE = {
  'cookie-refused': 'The browser refused the cookie. See the detail for the rule it breaks.',
  'cookie-altered': 'The browser keeps the cookie in another form than asked. See the detail.',
  'cookie-expired': 'The cookie expired before the restore. Log in again and capture anew if the site needs it.',
  'cookie-attributes-dropped':
    'This browser does not keep these attributes, which sites cannot see. Nothing to do, unless you move the session on from here.',
  'cookies-may-be-missing':
    'This browser shows the cookies of open pages only. Open a page of each site, or name its origin, then capture again.',
  'cookie-partition-opaque': 'The cookie belongs to an opaque partition, which no other browser can name.',
  'origin-skipped': 'Opaque, file and extension origins hold no storage that can move.',
  'origin-timeout': 'The origin did not answer in time. Close its dialogs or raise timeoutMs.',
  'origin-failed': 'The browser would not open the origin. See the detail.',
  'origin-not-open':
    'This browser cannot look into an origin without visiting it. Open a page of it, or name it in `origins`, then capture again.',
  'origins-may-be-missing':
    'The browser does not list every origin that has storage. Name those that matter in `origins`, or open a page of each.',
  'partitioned-storage-not-read':
    'Frames below other sites keep storage of their own, which was not read here. Capture through Chromium if the site needs it.',
  'partitioned-storage-not-restored':
    'This browser, as it was started or reached, has no place for storage below another site. Restore into a Chromium that partitions storage if the site needs it.',
  'session-storage-partitioned':
    'This browser has no place for sessionStorage of a frame below another site. Restore into a Chromium that partitions storage if the site needs it.',
  'tab-blocked': 'The tab does not answer: a dialog is open or a script runs on. Close it, then capture again.',
  'tab-crashed': 'The tab crashed. Reload it, then capture again.',
  'tab-failed': 'The tab went elsewhere, or would not be read or written. See the detail, then repeat.',
  'tab-not-restored': 'Other tabs were in the session. Restore with `tabs: "all"` to open them.',
  'history-entry-left-out': 'Pages of the browser itself, files and the like are not opened elsewhere. Nothing to do.',
  'history-not-restored':
    'The tab stands on its page, and has nothing to go back or forward to. Restore into Chromium if that matters.',
  'session-storage-may-be-missing':
    'The browser tells what is here only while the tab shows this origin, or over CDP when the tab showed it after PSP was attached. Go back to a page of it, then capture again.',
  'form-value-not-restored': 'The page has no such field, or does not keep the value. Fill it in by hand.',
  'scroll-not-restored': 'The page is another one by now, or shorter. Nothing to do.',
  'permission-not-restored':
    'Permissions are settings of the browser. Give `launchOptions` to the framework, or grant them in the browser.',
  'environment-not-restored': 'Give `launchOptions` to the framework, which sets it at launch.',
  'passkeys-not-captured': 'Give `webauthn` the session that added the authenticator, and its id and options.',
  'passkeys-not-restored': 'Restore with `webauthn: await context.newCDPSession(page)`, or register the device anew.',
  'storage-denied': 'The browser denies this storage to the page.',
  'item-refused': 'The browser refused the item, most often for want of quota.',
  'database-blocked': 'An open page holds the database. Close its tabs, then repeat.',
  'database-failed': 'The database could not be opened or written. See the detail.',
  'database-altered': 'The database stands, with the difference that the detail names.',
  'cache-entry-opaque':
    'The response came from another site that does not let pages read it. The site fetches it again when it needs it.',
  'cache-entry-altered': 'The entry stands, with the difference that the detail names.',
  'cache-failed': 'The cache could not be opened, read or written. See the detail.',
  'file-failed':
    'The file or folder could not be read or written. See the detail; close pages that have it open, then repeat.',
  'storage-missing':
    'This page has no such storage: the browser has none, keeps nothing on disk, or the site is not served by https. Restore into another browser if the site needs it.',
  'service-worker-not-restored':
    'A worker comes from the network only. The site registers it again at its first visit.',
  'persistence-not-granted':
    'The browser did not promise to keep this storage when space runs out. Visit the site and let it ask again.',
  'bucket-not-read': 'The storage buckets of the origin could not be listed or read. See the detail.',
  'bucket-not-restored': 'The storage bucket could not be made in this browser. See the detail.',
  'value-not-portable':
    'The value cannot leave its browser (a key marked non-extractable, a handle of a file outside of the private ones).',
  'record-too-large': 'The record is larger than what can leave or enter the browser at once, so it was left out.',
  'larger-than-allowed': 'Raise `maxBytes` for this kind, or exclude the item.',
  'record-not-restored': 'The record cannot be written as it is, so it was left out. See the detail.',
  'format-cannot-hold': 'The file format has no place for it. Export with `--format psp`, which holds everything.',
} as const;
export type LossCode = keyof typeof LOSS_ADVICE;

export const StateKind = Type.Union([
  Type.Literal('cookie'),
  Type.Literal('localStorage'),
  Type.Literal('sessionStorage'),
  Type.Literal('indexedDB'),
  Type.Literal('cache'),
  Type.Literal('file'),
  Type.Literal('serviceWorker'),
  Type.Literal('tab'),
  Type.Literal('origin'),
  Type.Literal('environment'),
  Type.Literal('webauthn'),
]);
export type StateKind = Static<typeof StateKind>;

/** One loss. `item` names what was lost (a cookie's name, `database/store/key`), never its value. */
export const Loss = Type.Object({
  code: Type.String({ description: 'A key of LOSS_ADVICE; unknown codes of later versions are kept' }),
  kind: StateKind,
  origin: Type.Optional(Type.String()),
  item: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  advice: Type.Optional(Type.String()),
});
export type Loss = Static<typeof Loss>;
