/** Why a session has nothing to capture, with the way out. */
export const NOT_READY = {
  noPage: 'This session has no page yet. Restore it into a page, then capture.',
  unfinished:
    'The last restore did not finish, so the page holds part of the session only, which must not become its next version. Restore it again, into a fresh context if need be, then capture.',
  closed: 'This session was closed. Restore it into a page, or begin a new one with createSession, then capture.',
} as const;
