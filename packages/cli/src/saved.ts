/** What every command says once a session is stored. */
import type { SessionCounts, SessionDocument, SessionMetadata } from '@psp/protocol';
import { tellSkipped } from './choosing.js';
import type { Output } from './output.js';
import type { Run } from './run.js';
import { byteSize, plural, relativeTime } from './units.js';

/** What there is to say of a session beside its metadata, and `more` of one command. */
interface SavedParts extends Pick<SessionDocument, 'losses' | 'skipped'> {
  readonly more?: { readonly json: object; tell(): void };
}

/** The JSON form is documented in docs/cli.md, "Saved". A command that has `more` to say adds it to that. */
export function reportSaved(
  run: Run,
  verb: string,
  metadata: SessionMetadata,
  { losses, skipped = [], more }: SavedParts,
): void {
  const { output } = run;
  warnOfNothing(output, metadata.counts);
  output.result({ ...metadata, losses, skipped, ...more?.json }, () => {
    output.line(`${verb} "${metadata.name}"`);
    output.line(`  id       ${metadata.id}`);
    output.line(`  holds    ${contents(metadata)}`);
    if (metadata.expiresAt !== undefined) output.line(`  expires  first ${relativeTime(metadata.expiresAt)}`);
    output.losses(losses);
    tellSkipped(output, skipped);
    more?.tell();
  });
}

/** A session that holds nothing was rarely meant. */
export function warnOfNothing(
  output: Output,
  { cookies, localStorage, databases, sessionStorage }: SessionCounts,
): void {
  if (cookies + localStorage + databases + sessionStorage === 0)
    output.warn('no cookies and no storage were found: this session logs nobody in');
}

/** `2 cookies, 1 origin, ...`; the size where it is known. */
export function contents({ counts, bytes }: { readonly counts: SessionCounts; readonly bytes?: number }): string {
  const parts = [
    plural(counts.cookies, 'cookie'),
    plural(counts.origins, 'origin'),
    plural(counts.localStorage + counts.sessionStorage, 'storage item'),
    plural(counts.records, 'record'),
    plural(counts.tabs, 'tab'),
    ...(bytes === undefined ? [] : [byteSize(bytes)]),
  ];
  return parts.join(', ');
}
