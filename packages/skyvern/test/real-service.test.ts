/** Against a real Skyvern, where one is named: reads the state of a new browser session, and ends it. */
import { expect, test } from 'vitest';
import { SkyvernAdapter } from '../src/index.js';

test('captures a browser session of the Skyvern that SKYVERN_BASE_URL names', async (context) => {
  const { SKYVERN_BASE_URL: baseUrl, SKYVERN_API_KEY: apiKey } = process.env;
  if (baseUrl === undefined || apiKey === undefined) {
    context.skip('SKYVERN_BASE_URL and SKYVERN_API_KEY name no Skyvern');
    return;
  }
  const post = async (path: string): Promise<{ browser_session_id: string }> => {
    const reply = await fetch(`${baseUrl.replace(/\/$/, '')}/v1/browser_sessions${path}`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(reply.status).toBe(200);
    return (await reply.json()) as { browser_session_id: string };
  };
  const { browser_session_id: id } = await post('');
  try {
    const adapter = new SkyvernAdapter({ storage: 'memory:', timeoutMs: 120_000 });
    const session = await adapter.createSession(id, { name: 'real' });
    expect(await session.capture()).toMatchObject({ version: 1 });
    await session.close();
  } finally {
    await post(`/${id}/close`);
  }
}, 300_000);
