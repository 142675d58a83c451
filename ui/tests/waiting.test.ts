/** Waiting for AWS: what it last told of, for how long, and the requests behind it. */
import { describe, expect, test } from 'vitest';

import { CREATING, SETTINGS, PLANNED, TOLD_ROWS, WAITING, restoringDb, surveyed } from './database';
import { PROGRESS, RUN, WORK, restoring } from './fixtures';
import { openRun, soon } from './window';

const rows = { timeline: ({ after }: { after: number }) => TOLD_ROWS.filter(({ seq }) => seq > after) };
const waiting = () => openRun(restoringDb(WAITING), { replies: rows });

test('says what it waits for where nothing counts up, since when, and what AWS last told', async () => {
  const window = await waiting();
  await window.send('progress', { run: RUN, ...CREATING });
  await window.page.clock.pauseAt('2026-11-24T03:20:07Z');
  const progress = window.get('progress');
  await soon(() => window.get('doing').innerText()).toBe(CREATING.doing);
  const text = await progress.innerText();
  expect(text).not.toMatch(/\b0 failed|^0$/m);
  expect(text).toContain('for 09:06:00 of about 40 min.');
  expect(text).toMatch(/03:02:11\s+portal-restore-7f3a9c: modifying\s+00:17:56 ago/);
  expect(text).toMatch(/2026-11-23 18:14:09\s+portal-restore-7f3a9c: creating/);
  expect(text).toContain('It goes on when this window is hidden.');
});

test('counts again as soon as there is something to count', async () => {
  const window = await waiting();
  await window.send('progress', { run: RUN, ...CREATING, doing: 'checking settings', done: 3, total: 44 });
  await soon(() => window.get('progress').innerText()).toContain('3 of 44 (6%)');
  expect(await window.get('doing').count()).toBe(0);
});

test('says why it is paused and what lets it go on, and goes on', async () => {
  const window = await openRun(restoring(WORK.applying));
  const why = 'CopyObject on badge-photos failed: the credentials have expired. Log in again with `aws sso login --profile dr`.';
  await window.send('progress', { ...PROGRESS, done: 0, total: null, doing: 'waiting to go on', paused: why });
  const paused = window.get('paused');
  await paused.waitFor();
  expect(await paused.innerText()).toContain('the credentials have expired. Log in again with aws sso login --profile dr.');
  expect(await paused.innerText()).toContain('nothing is lost');
  expect(await window.get('progress').innerText()).not.toContain('0 failed');
  await window.send('progress', PROGRESS);
  await soon(() => paused.count()).toBe(0);
});

test('tells what a stop leaves behind', async () => {
  const window = await waiting();
  await window.send('progress', { run: RUN, ...CREATING });
  await window.get('doing').waitFor();
  await window.get('stop').click();
  expect(await window.get('stop-dialog').innerText()).toContain('What AWS was already asked for goes on there.');
  await window.get('stop-confirm').click();
  await soon(() => window.asked('stop')).toBe(1);
});

test('the timeline tells of it quietly, and gives the id of the request to who asks', async () => {
  const window = await waiting();
  const row = window.get('timeline').locator('[data-seq="14"]');
  await row.waitFor();
  expect(await row.innerText()).not.toContain('9be2d770');
  await row.getByRole('button').click();
  expect(await window.get('request-id').innerText()).toBe('9be2d770-0d7c-4e6a-8f0f-13a1b85c7d11');
  await row.getByRole('button', { name: 'Copy' }).click();
  await soon(() => window.page.evaluate(() => navigator.clipboard.readText())).toBe('9be2d770-0d7c-4e6a-8f0f-13a1b85c7d11');
  expect(await window.get('timeline').locator('[data-seq="15"]').getByRole('button').count()).toBe(0);
});

describe('settings stand side by side', () => {
  test('with where they come from, the unusual first, the rest on demand', async () => {
    const window = await openRun(restoringDb(PLANNED));
    const table = window.get('compared');
    const shown = () => table.locator('tbody tr').count();
    expect((await table.locator('thead').innerText()).trim()).toMatch(/^Setting\s+Value\s+Taken from$/);
    expect(await shown()).toBe(2);
    expect((await table.locator('tbody').innerText()).trim()).toMatch(
      /^security groups\s+sg-0a12portal, sg-0b44bastion\s+the inventory of 2026-11-23 03:00:00 UTC, 1 day old\s+option group\s+RDS's default\s+a default, because nothing else is known$/,
    );
    await window.get('compared-all').click();
    expect(await shown()).toBe(SETTINGS.length);
    await window.get('compared-all').click();
    expect(await shown()).toBe(2);
    expect(await window.get('plan').locator('dl').innerText()).toContain('would be lost');
  });

  test('with what a restore alone would make of them, those that it resets first', async () => {
    const window = await openRun(surveyed());
    const table = window.get('compared');
    expect((await table.locator('thead').innerText()).trim()).toMatch(/^Setting\s+Now\s+A restore alone makes it\s+Taken from$/);
    const rows = await table.locator('tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s*\t\s*/)[0])).toEqual(['parameter group', 'security groups', 'deletion protection', 'backup retention']);
    expect(rows.at(-1)?.trim()).toMatch(/7 days\s+the same\s+the living instance$/);
    expect(await window.get('outcome').locator('dl').first().innerText()).not.toContain('before-migration');
  });
});
