/** What a machine without browsers is told, and that a program on PATH is found. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canInstall } from '../../scripts/apt.mjs';
import { provideEngines } from '../../scripts/engines.mjs';
import { debianPackages, find, forget, missing } from './available.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psp-path-'));
  vi.stubEnv('PATH', folder);
  vi.stubEnv('PSP_FIREFOX', '');
  forget();
});
afterEach(() => {
  vi.unstubAllEnvs();
  forget();
  rmSync(folder, { recursive: true });
});

test('says what is missing, and which package brings it', () => {
  expect(missing('chromedriver')).toBe('chromedriver not found (Debian: chromium-driver)');
  expect(missing('webkit')).toMatch(/^WebKitWebDriver and .*Xvfb not found \(Debian: webkit2gtk-driver xvfb\)$/);
  expect(debianPackages(['chromedriver', 'curl'])).toEqual(['chromium-driver', 'curl']);
});

test('finds programs, and looks again only when told', () => {
  expect(find('chromedriver')).toBeUndefined();
  const path = join(folder, 'chromedriver');
  writeFileSync(path, '', { mode: 0o755 });
  expect(find('chromedriver')).toBeUndefined();
  forget();
  expect(find('chromedriver')).toBe(path);
  expect(missing('chromedriver')).toBeUndefined();
});

test('a file that nobody may start is no program', () => {
  writeFileSync(join(folder, 'curl'), '', { mode: 0o644 });
  expect(find('curl')).toBeUndefined();
});

test('a set-up that cannot install them says so in one line, and goes on', async () => {
  // Not even apt-get is on this PATH.
  const line = await provideEngines(() => undefined);
  expect(line).toMatch(/^.*chromedriver.* missing: tests that need them are skipped, and fail in CI\. .*$/);
  if (canInstall) expect(line).toMatch(/apt-get install .*chromium-driver.* failed$/);
});
