/** The session that most tests of the command line begin with: a storage state with a secret in every place. */
import { JWT, SECRETS } from './psp.js';

export interface Metadata {
  id: string;
  name: string;
  tags: string[];
  counts: { cookies: number; records: number; localStorage: number };
}

export const ORIGIN = 'https://app.example';
export const SOON = Math.floor(Date.now() / 1000) + 86_400 * 3;

export const STATE = {
  cookies: [
    {
      name: 'sid',
      value: SECRETS.cookie,
      domain: 'app.example',
      path: '/',
      expires: SOON,
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    },
    {
      name: 'auth',
      value: JWT,
      domain: '.app.example',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: true,
      sameSite: 'None',
    },
  ],
  origins: [
    {
      origin: ORIGIN,
      localStorage: [{ name: 'token', value: SECRETS.local }],
      indexedDB: [
        {
          name: 'profile',
          version: 1,
          stores: [
            {
              name: 'users',
              autoIncrement: false,
              indexes: [],
              records: [{ key: 'me', value: { name: SECRETS.record } }],
            },
          ],
        },
      ],
    },
  ],
};
