/** What is typed and not yet sent is kept: past other steps, the library, and a window that is closed. */
import { expect, test } from 'vitest';

import { discarding } from './database';
import { DECISION, RECORD, WORK, restoring, runAt } from './fixtures';
import { type Window, openRun, soon } from './window';

/** Closes the window and opens it again, on the same run. */
async function reopen(window: Window) {
  await window.page.reload();
  await window.page.locator('[data-testid^=go-on-]').click();
  await window.get('run').waitFor();
}

async function lookAway(window: Window) {
  await window.press('Escape', 'k');
  await window.get('looking').waitFor();
  await window.press('g');
  await window.get('current-step').waitFor();
}

async function leave(window: Window) {
  await window.get('to-library').click();
  await window.page.locator('[data-testid^=go-on-]').click();
  await window.get('run').waitFor();
}

const WAYS: [string, (window: Window) => Promise<void>][] = [
  ['a look at another step', lookAway],
  ['a visit to the library', leave],
  ['a restart', reopen],
];

test.each(WAYS)('a note, a name and a target outlive %s', async (_, away) => {
  const window = await openRun(discarding(), { replies: { step: () => runAt('spot-check', RECORD).step } });
  await window.get('note').fill('half a sent');
  await window.get('approver').fill('Dana Whit');
  await window.get('target').fill('portal-res');
  await away(window);
  expect(await window.get('note').inputValue()).toBe('half a sent');
  expect(await window.get('approver').inputValue()).toBe('Dana Whit');
  expect(await window.get('target').inputValue()).toBe('portal-res');
});

test.each(WAYS)('what a step asks to write down outlives %s', async (_, away) => {
  const window = await openRun(runAt('spot-check', RECORD));
  await window.get('record').fill('Nine badges so far');
  await away(window);
  expect(await window.get('record').inputValue()).toBe('Nine badges so far');
});

test.each(WAYS)('a choice that is not yet made outlives %s', async (_, away) => {
  const window = await openRun(runAt('customers', DECISION));
  await window.get('option-no').click();
  await away(window);
  await soon(() => window.get('option-no').isChecked()).toBe(true);
  expect(await window.sent()).toEqual([]);
});

test('what was sent is not there any more', async () => {
  const window = await openRun(runAt('spot-check', RECORD));
  await window.get('record').fill('Ten badges, as they were');
  await window.get('note').fill('done');
  await window.get('note').press('Enter');
  await soon(() => window.submitted).toHaveLength(1);
  await window.get('move-complete').click();
  await soon(() => window.submitted).toHaveLength(2);
  await soon(() => window.get('record').inputValue()).toBe('');
  await reopen(window);
  expect(await window.get('record').inputValue()).toBe('');
  expect(await window.get('note').inputValue()).toBe('');
});

test('runs don’t share drafts', async () => {
  const window = await openRun(restoring(WORK.planned));
  await window.get('note').fill('about the first');
  const other = restoring(WORK.planned, {}, { id: '20261124-050000-bb02' });
  window.answer({ open_run: () => other });
  await leave(window);
  expect(await window.get('note').inputValue()).toBe('');
});

test('the step that is found and how far a step is scrolled survive a restart', async () => {
  const window = await openRun(restoring(WORK.planned), { size: { width: 960, height: 640 } });
  const scroller = () => window.page.locator('article .scroll');
  await scroller().evaluate((element) => element.scrollTo(0, 150));
  await window.get('find').fill('re');
  await soon(() => window.page.evaluate(() => Object.values({ ...localStorage }).includes('150'))).toBe(true);
  await reopen(window);
  await soon(() => scroller().evaluate((element) => element.scrollTop)).toBe(150);
  expect(await window.get('find').inputValue()).toBe('re');
});
