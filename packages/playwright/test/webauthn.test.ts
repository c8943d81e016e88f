/** Passkeys of virtual authenticators: registered in one browser, used in another, through the sessions that own them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, CDPSession, Page } from 'playwright';
import { adapter, launch, openArchive, page, site } from './fixture.js';

const OPTIONS = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
} as const;

interface Assertion {
  readonly id: string;
  readonly userHandle: string;
  readonly signCount: number;
}

const register = (at: Page): Promise<string> =>
  at.evaluate(async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const publicKey: PublicKeyCredentialCreationOptions = {
      challenge: bytes('challenge'),
      rp: { id: 'localhost', name: 'test' },
      user: { id: bytes('user-7'), name: 'canary-user', displayName: 'User' },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    };
    return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).id;
  });

/** Without a list of credentials: the authenticator finds its own. */
const assert = (at: Page): Promise<Assertion> =>
  at.evaluate(async () => {
    const publicKey = {
      challenge: new Uint8Array([1, 2, 3]),
      rpId: 'localhost',
      userVerification: 'required' as const,
    };
    const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    const { userHandle, authenticatorData } = found.response as AuthenticatorAssertionResponse;
    const signCount = new DataView(authenticatorData).getUint32(33);
    return { id: found.id, userHandle: new TextDecoder().decode(userHandle ?? new ArrayBuffer(0)), signCount };
  });

let owner: CDPSession;
let second: Browser;
beforeEach(async () => {
  owner = await page.context().newCDPSession(page);
  second = await launch();
  await page.goto(`${site.origin('localhost')}/`);
});
afterEach(() => second.close());

async function addAuthenticator(): Promise<string> {
  await owner.send('WebAuthn.enable');
  return (await owner.send('WebAuthn.addVirtualAuthenticator', { options: OPTIONS })).authenticatorId;
}

describe('passkeys', () => {
  test('[PSP-TRAP-30] [PSP-ENV-9] go on in another browser: the same credential, user and count of signatures', async () => {
    const authenticatorId = await addAuthenticator();
    const id = await register(page);
    const before = await assert(page);
    const webauthn = { session: owner, authenticators: [{ authenticatorId, options: OPTIONS }] };
    const session = await adapter.createSession(page, { name: 'passkey', webauthn });
    await session.capture();
    // The capture took nothing from their owner.
    expect((await assert(page)).id).toBe(id);
    await session.capture();

    const target = await (await second.newContext()).newPage();
    const theirs = await target.context().newCDPSession(target);
    const saved = await adapter.loadSession('passkey');
    const report = await saved.restore(target, { webauthn: theirs });
    expect(report).toMatchObject({ losses: [], authenticators: [{ options: OPTIONS }] });
    expect(report.done).toContain('1 authenticator');
    await target.goto(`${site.origin('localhost')}/`);
    const after = await assert(target);
    expect(after).toMatchObject({ id, userHandle: 'user-7' });
    expect(after.signCount).toBe(before.signCount + 2);

    // The next version holds what the authenticator has by now.
    await saved.capture();
    const { document } = (await (await openArchive()).open(saved.getId())).state;
    expect(document.authenticators).toMatchObject([
      { ...OPTIONS, credentials: [{ credentialId: id, rpId: 'localhost', signCount: after.signCount }] },
    ]);
    expect(document.losses.filter(({ kind }) => kind === 'webauthn')).toEqual([]);
  });

  test('[PSP-ENV-9] without a session to add them through they are a loss, and stay in the next version', async () => {
    const authenticatorId = await addAuthenticator();
    await register(page);
    const authenticators = [
      { authenticatorId, options: OPTIONS },
      { authenticatorId: 'of-nobody', options: OPTIONS },
    ];
    const session = await adapter.createSession(page, { name: 'left', webauthn: { session: owner, authenticators } });
    const { losses } = await session.capture();
    expect(losses.filter(({ kind }) => kind === 'webauthn')).toMatchObject([
      { code: 'passkeys-not-captured', item: 'of-nobody' },
    ]);
    const saved = await adapter.loadSession('left');
    const target = await (await second.newContext()).newPage();
    const report = await saved.restore(target);
    expect(report.losses).toMatchObject([{ code: 'passkeys-not-restored', item: 'localhost' }]);
    expect(report).not.toHaveProperty('authenticators');
    const broken = { send: async () => Promise.reject(new Error('no such domain\nwith a canary-key')) };
    const refused = await saved.restore(target, { webauthn: broken });
    expect(refused.losses).toMatchObject([{ code: 'passkeys-not-restored', detail: 'no such domain' }]);
    await saved.capture();
    const { document } = (await (await openArchive()).open(saved.getId())).state;
    expect(document.authenticators?.[0]?.credentials).toHaveLength(1);
  });
});
