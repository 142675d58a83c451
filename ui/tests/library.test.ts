/** The first screen: what can be started, what goes on, and where it can run. */
import { describe, expect, test } from 'vitest';

import { LIBRARY, RUN, runAt } from './fixtures';
import { type Window, open, soon } from './window';

const row = (window: Window, id: string) => window.get(id).innerText();

describe('a runbook', () => {
  test('says who answers for it, when it was reviewed, how long it takes and the worst it may do', async () => {
    const window = await open();
    const text = await row(window, 'runbook-restore-badge-photos');
    for (const words of ['v1.0.0', 'Technical Operations Lead', 'reviewed 2026-11-01', '11 steps', 'about 2 h 6 min', 'RTO 24 h', 'RPO 4 h', 'Changes']) {
      expect(text).toContain(words);
    }
    const bare = await row(window, 'runbook-rotate-keys');
    for (const words of ['no owner', 'never reviewed', 'no estimate', 'no RTO', 'By hand']) expect(bare).toContain(words);
  });

  test('with errors can’t be started, and says where they are and what to do', async () => {
    const window = await open();
    const text = await row(window, 'runbook-failover-database.md');
    for (const words of ["Can't be started", '2 errors, 1 warning', 'failover-database.md:41:3', 'Did you mean database.cut_over?']) {
      expect(text).toContain(words);
    }
    expect(await window.get('start-failover-database.md').count()).toBe(0);
  });

  test('with warnings can be started; they open on a press', async () => {
    const window = await open();
    const place = window.page.getByText('restore-on-premises.md:6:11');
    expect(await place.isVisible()).toBe(false);
    await window.page.getByText('1 warning', { exact: true }).click();
    await place.waitFor();
    await window.get('start-restore-on-premises').click();
    await window.get('start-form').waitFor();
    expect(window.calls.at(-1)?.args).toEqual({ runbook: 'restore-on-premises', environment: 'practice' });
  });
});

describe('a run', () => {
  test('that is unfinished stands first, with its mode and where it stands, and goes on there', async () => {
    const window = await open({ replies: { open_run: () => runAt('stop-writers') } });
    const text = await row(window, `run-${RUN}`);
    for (const words of ['Incident', 'production', 'at “Restore the photos”', '3 of 11 steps', 'unfinished', '2026-11-24 03:12:40 UTC', '2026-11-23 22:12:40 local']) {
      expect(text).toContain(words);
    }
    await window.get(`go-on-${RUN}`).click();
    await window.get('run').waitFor();
    expect(window.calls.find(({ command }) => command === 'open_run')?.args).toEqual({ run: RUN });
  });

  test('that has ended can be opened', async () => {
    const window = await open();
    expect(await window.get('go-on-20260914-130211-bc77').innerText()).toBe('Open');
    expect(await row(window, 'run-20260914-130211-bc77')).toContain('abandoned');
  });

  test('that can’t be read says why, and can’t be opened', async () => {
    const broken = { ...LIBRARY.runs[0]!, mode: null, problem: 'Entry 7 is not what was written. Run `lifeboat verify`.' };
    const window = await open({ replies: { library: () => ({ ...LIBRARY, runs: [broken] }) } });
    expect(await row(window, `run-${RUN}`)).toContain('Entry 7 is not what was written. Run lifeboat verify.');
    expect(await window.get(`go-on-${RUN}`).count()).toBe(0);
  });
});

test('an environment says which account it is, what it holds, and why it can’t be used', async () => {
  const window = await open();
  expect(await row(window, 'environment-production')).toMatch(/database portal\s+Portal portal\.veonics\.example/);
  expect(await window.get('environment-rehearsal').getByTestId('holds').count()).toBe(0);
  expect(await row(window, 'environment-production')).toContain('account 123456789012');
  expect(await row(window, 'environment-practice')).toContain('the practice range, on this machine');
  expect(await row(window, 'environment-rehearsal')).toContain('Add it with aws configure sso.');
});

test('words find runbooks and runs, and are still there when one comes back', async () => {
  const window = await open();
  const find = window.page.getByRole('searchbox');
  await find.fill('sam datto');
  await soon(() => window.page.locator('[data-testid^=runbook-]').count()).toBe(0);
  expect(await window.page.locator('[data-testid^=run-]').count()).toBe(1);
  expect(await window.text()).toContain('No runbook fits “sam datto”.');
  await find.fill('badge');
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  await window.page.getByRole('button', { name: 'Library' }).click();
  expect(await find.inputValue()).toBe('badge');
});

test('without a runbook it says what one is and where it goes', async () => {
  const empty = { ...LIBRARY, runbooks: [], runs: [] };
  const window = await open({ replies: { library: () => empty } });
  expect(await window.text()).toContain('Put one into ~/.local/share/lifeboat/runbooks');
  window.answer({ library: () => LIBRARY });
  await window.page.getByRole('button', { name: 'read the library again' }).click();
  await window.get('runbook-restore-badge-photos').waitFor();
});
