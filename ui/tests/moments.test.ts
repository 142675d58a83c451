/** Choosing the moment that a database is brought back to: by the picture, the keys, the field, and the list. */
import { describe, expect, test } from 'vitest';

import { BEFORE_MIGRATION, MOMENTS, PLANNED, restoringDb, surveyed } from './database';
import { TIMELINE } from './fixtures';
import { type Window, openRun, soon } from './window';

const open = (values?: Record<string, string>) => openRun(restoringDb({ is: 'idle' }, values));
const plan = async (window: Window) => {
  await window.settled();
  await window.get('move-plan').click();
};
const asked = (given: Record<string, string>) => ({ do: 'plan', step: 'restore', with: given });
const at = (at: string, region = 'us-east-1') => asked({ from: 'point_in_time', region, at });
const field = (window: Window) => window.get('moment').inputValue();
const sum = (window: Window) => window.get('moment-sum').innerText();
const said = (window: Window) => window.get('said').innerText();
const source = (window: Window, name: string) => window.get('source').filter({ hasText: name });
const picked = (window: Window) =>
  window.get('source').evaluateAll((rows) => rows.filter((row) => row.querySelector('input')?.checked).map((row) => row.querySelector('.of')?.textContent));

/** The place of the handle in the window, and of a moment some pixels beside it. */
async function handle(window: Window) {
  const line = window.page.locator('.handle circle');
  await line.scrollIntoViewIfNeeded();
  const box = (await line.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test('stands at the moment of the step, says what that loses, and is planned as it stands', async () => {
  const window = await open();
  expect(await sum(window)).toMatch(/^2026-11-24 02:31:00 UTC\s+2026-11-23 21:31:00 local\s+1 min 12 s are lost\./);
  expect(await sum(window)).toContain('What was written from 02:31:00 UTC until the outage began at 02:32:12 UTC is not in it. That is within the RPO of 4 h.');
  expect(await sum(window)).toContain('From automated backups of portal, us-east-1.');
  expect(await window.get('lost').textContent()).toBe('1 min 12 s are lost');
  expect((await window.get('move-plan').innerText()).trim()).toBe('Plan this restore');
  await plan(window);
  await soon(() => window.submitted).toEqual([at('2026-11-24T02:31:00Z')]);
});

describe('the mouse', () => {
  test('drags the line, and what is lost follows', async () => {
    const window = await open();
    const { x, y } = await handle(window);
    await window.page.mouse.move(x, y);
    await window.page.mouse.down();
    await window.page.mouse.move(x - 60, y, { steps: 4 });
    await window.page.mouse.up();
    const moved = await field(window);
    expect(moved < '2026-11-24 02:30:30' && moved > '2026-11-24 02:29:00', moved).toBe(true);
    const end = (await handle(window)).x;
    expect(Math.abs(end - (x - 60))).toBeLessThan(2);
    expect(await window.get('lost').textContent()).toMatch(/^[23] min( \d+ s)? are lost$/);
    await plan(window);
    await soon(() => window.submitted).toEqual([at(`${moved.replace(' ', 'T')}Z`)]);
  });

  test('moves nothing by a click on the line', async () => {
    const window = await open();
    const { x, y } = await handle(window);
    await window.page.mouse.click(x + 3, y);
    expect(await field(window)).toBe('2026-11-24 02:31:00');
    await soon(() => window.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('slider');
  });

  test('stays inside what can be gone back to', async () => {
    const window = await open();
    await window.get('picture').scrollIntoViewIfNeeded();
    const box = (await window.get('picture').boundingBox())!;
    // The left end of the overview is older than every window.
    await window.page.mouse.click(box.x + 40, box.y + 38);
    expect(await field(window)).toBe('2026-11-17 06:12:40');
    expect(await window.get('blocked').count()).toBe(0);
  });

  test('takes a snapshot, but none that can’t be used', async () => {
    const window = await open({ from: 'snapshot', snapshot: 'before-migration' });
    await plan(window);
    await soon(() => window.submitted).toEqual([asked(BEFORE_MIGRATION.with)]);
    const fresh = await open();
    await fresh.get('zoom-21600000').click();
    const point = fresh.page.locator('path.point:has(title)');
    await point.first().scrollIntoViewIfNeeded();
    expect(await point.count()).toBe(2);
    await fresh.page.locator('path.point:has(title:text("before-migration"))').click();
    expect(await picked(fresh)).toEqual([BEFORE_MIGRATION.of]);
    await fresh.page.locator('path.hindered:has(title)').click();
    expect(await picked(fresh)).toEqual(['automated backups of portal, us-east-1']);
    await plan(fresh);
    await soon(() => fresh.submitted.at(-1)).toMatchObject({ with: { from: 'point_in_time' } });
  });
});

describe('the keys', () => {
  test.each([
    ['ArrowLeft', '02:30:59'], ['ArrowRight', '02:31:01'], ['ArrowDown', '02:30:00'], ['ArrowUp', '02:32:00'],
    ['Shift+ArrowLeft', '02:30:00'], ['PageDown', '01:31:00'], ['PageUp', '03:05:12'], ['End', '03:05:12'],
  ])('%s goes to %s, and says so', async (key, time) => {
    const window = await open();
    await window.get('handle').focus();
    await window.press(key);
    expect(await field(window)).toBe(`2026-11-24 ${time}`);
    expect(await window.get('handle').getAttribute('aria-valuetext')).toBe(`2026-11-24 ${time} UTC`);
    await soon(() => said(window)).toMatch(new RegExp(`^${time} UTC: .*(lost|after the outage began)$`));
  });

  test('Home goes to the oldest moment', async () => {
    const window = await open();
    await window.get('handle').focus();
    await window.press('Home');
    expect(await field(window)).toBe('2026-11-17 06:12:40');
    await soon(() => said(window)).toContain('6 days 20 h are lost');
  });

  test('keep the line in the close-up, and the focus on it', async () => {
    const window = await open();
    await window.get('handle').focus();
    for (let times = 0; times < 30; times += 1) await window.press('ArrowDown');
    expect(await field(window)).toBe('2026-11-24 02:01:00');
    expect(await window.page.locator('.handle .flag').count()).toBe(1);
    expect(await window.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('slider');
    await window.press('Enter');
    await soon(() => window.submitted).toEqual([at('2026-11-24T02:01:00Z')]);
  });
});

describe('the field', () => {
  test.each([
    ['2026-11-24 02:32', '2026-11-24T02:32:00Z'],
    ['2026-11-23 21:32:05-05:00', '2026-11-24T02:32:05Z'],
    ['2026-11-17 06:12:40', '2026-11-17T06:12:40Z'],
    ['2026-11-24 03:05:12', '2026-11-24T03:05:12Z'],
  ])('takes %s', async (text, sent) => {
    const window = await open();
    await window.get('moment').fill(text);
    await plan(window);
    await soon(() => window.submitted).toEqual([at(sent)]);
  });

  test.each([
    ['2026-11-24 03:05:13', 'That is after every restore window. The newest moment that the survey found is 2026-11-24 03:05:12 UTC.', '2026-11-24 03:05:12'],
    ['2026-11-17 06:12:39', 'That is before every restore window. The oldest moment is 2026-11-17 06:12:40 UTC.', '2026-11-17 06:12:40'],
  ])('refuses %s and offers the nearest', async (text, words, nearest) => {
    const window = await open();
    await window.settled();
    await window.get('moment').fill(text);
    expect(await window.get('move-plan').isDisabled()).toBe(true);
    expect(await window.get('blocked').innerText()).toBe(words);
    expect(await window.get('moment').getAttribute('aria-invalid')).toBe('true');
    expect(await sum(window)).toContain('can’t be gone back to');
    await window.press('Escape', 'Enter');
    expect(await window.sent()).toEqual([]);
    await window.get('moment-nearest').click();
    expect(await field(window)).toBe(nearest);
    expect(await window.get('move-plan').isDisabled()).toBe(false);
  });

  test('between two windows offers the nearer end', async () => {
    const [first] = MOMENTS.windows;
    const windows = [{ ...first!, latest: '2026-11-20T00:00:00Z' }, { ...first!, earliest: '2026-11-23T00:00:00Z', of: 'later' }];
    const window = await openRun(restoringDb({ is: 'idle' }, {}, { ...MOMENTS, windows }));
    await window.get('moment').fill('2026-11-20 12:00');
    await soon(() => window.get('blocked').innerText()).toBe('No restore window holds that moment. The nearest is 2026-11-20 00:00:00 UTC.');
  });

  test('says what a moment is written like, and asks for one', async () => {
    const window = await openRun(restoringDb({ is: 'idle' }, {}, { ...MOMENTS, asked: null }));
    await window.settled();
    expect(await window.get('blocked').innerText()).toBe('Choose the moment to go back to.');
    expect(await window.get('moment').getAttribute('aria-invalid')).toBe(null);
    await window.get('moment').fill('half past two');
    expect(await window.get('blocked').innerText()).toBe('Write it as 2026-11-24 03:14:00, in UTC.');
    await window.get('moment-before').click();
    expect(await field(window)).toBe('2026-11-24 02:32:12');
    expect(await window.get('move-plan').isDisabled()).toBe(false);
  });

  test('warns of a moment after the outage began', async () => {
    const window = await open();
    await window.get('moment').fill('2026-11-24 02:33:15');
    expect(await sum(window)).toContain('1 min 3 s after the outage began.');
    expect(await sum(window)).toContain('The outage began at 2026-11-24 02:32:12 UTC: the damage may be in it, and comes back with it.');
    expect(await window.get('lost').count()).toBe(0);
  });

  test('without a known outage, counts to the survey', async () => {
    const window = await openRun(restoringDb({ is: 'idle' }, undefined, { ...MOMENTS, outage: null }));
    expect(await sum(window)).toContain('39 min are lost.');
    expect(await sum(window)).toContain('until the survey at 03:10:00 UTC, and since, is not in it.');
  });
});

describe('the list', () => {
  test('has every window and snapshot, the newest first, and says why one can’t be used', async () => {
    const window = await open();
    await window.get('all-snapshots').click();
    expect(await window.get('source').count()).toBe(2 + MOMENTS.points.length);
    const making = source(window, 'after-the-outage');
    expect(await making.innerText()).toContain('It is still being made: 42 % done.');
    expect(await making.locator('input').isDisabled()).toBe(true);
    const copy = source(window, 'copy of');
    expect(await copy.innerText()).toContain('copy it to us-east-1 first');
    expect(await copy.locator('input').isDisabled()).toBe(true);
    expect(await source(window, 'before-migration').innerText()).toContain('1 h 59 min old, loses 1 h 22 min');
  });

  test('a snapshot is taken with what it restores from, and typing leaves it', async () => {
    const window = await open();
    await source(window, 'before-migration').click();
    expect(await field(window)).toBe('2026-11-24 01:10:02');
    expect(await sum(window)).toContain('1 h 22 min are lost.');
    await soon(() => said(window)).toBe('2026-11-24 01:10:02 UTC: 1 h 22 min are lost');
    await window.get('moment').fill('2026-11-24 01:10:03');
    expect(await picked(window)).toEqual(['automated backups of portal, us-east-1']);
    await source(window, 'before-migration').click();
    await plan(window);
    await soon(() => window.submitted).toEqual([asked(BEFORE_MIGRATION.with)]);
  });

  test('another region’s window is taken with its region, at its nearest moment', async () => {
    const window = await open({ at: '2026-11-24T03:00:00Z' });
    await source(window, 'us-west-2').first().click();
    expect(await field(window)).toBe('2026-11-24 02:58:40');
    await plan(window);
    await soon(() => window.submitted).toEqual([at('2026-11-24T02:58:40Z', 'us-west-2')]);
  });

  test('the step’s own region comes first', async () => {
    const window = await open({ at: '2026-11-24T02:31:00Z', region: 'us-west-2' });
    expect(await picked(window)).toEqual(['automated backups of portal, replicated to us-west-2']);
  });

  test('a snapshot of the step that has come to nothing can’t be planned', async () => {
    const window = await open({ from: 'snapshot', snapshot: 'after-the-outage' });
    await window.settled();
    expect(await window.get('blocked').innerText()).toBe('It can’t be used as it is: It is still being made: 42 % done. Survey again in a few minutes.');
    expect(await window.get('move-plan').isDisabled()).toBe(true);
  });
});

test.each(['field', 'list'])('the choice made by the %s survives a restart', async (by) => {
  const window = await open();
  if (by === 'field') await window.get('moment').fill('2026-11-24 02:29:07');
  else await source(window, 'before-migration').click();
  await window.page.reload();
  await window.page.locator('[data-testid^=go-on-]').click();
  await window.get('moments').waitFor();
  expect(await field(window)).toBe(by === 'field' ? '2026-11-24 02:29:07' : '2026-11-24 01:10:02');
  await plan(window);
  await soon(() => window.submitted.at(-1)).toEqual(by === 'field' ? at('2026-11-24T02:29:07Z') : asked(BEFORE_MIGRATION.with));
});

describe('a plan that waits', () => {
  test('stands above the choice, and says when another moment is chosen than it goes back to', async () => {
    const window = await openRun(restoringDb(PLANNED));
    await window.settled();
    expect(await window.get('other-moment').count()).toBe(0);
    expect((await window.get('move-plan_again').innerText()).trim()).toBe('Plan again');
    expect(await window.get('moment').isVisible()).toBe(false);
    await window.get('choose-again').locator('summary').click();
    await window.get('moment').fill('2026-11-24 02:20');
    expect(await window.get('other-moment').innerText()).toContain('Approving approves the plan as it stands above.');
    expect((await window.get('move-plan_again').innerText()).trim()).toBe('Plan this restore instead');
    await window.get('move-plan_again').click();
    await soon(() => window.submitted).toEqual([at('2026-11-24T02:20:00Z')]);
  });

  test('is not made again of a moment that can’t be gone back to', async () => {
    const window = await openRun(restoringDb(PLANNED));
    await window.get('choose-again').locator('summary').click();
    await window.get('moment').fill('2026-11-24 04:00');
    expect(await window.get('move-plan_again').isDisabled()).toBe(true);
    expect(await window.get('move-approve').isDisabled()).toBe(false);
  });
});

test('a restore that nothing was surveyed for is planned as the step says', async () => {
  const window = await openRun(restoringDb({ is: 'idle' }, undefined, null));
  expect(await window.get('moments').count()).toBe(0);
  await plan(window);
  await soon(() => window.submitted).toEqual([asked({})]);
});

test('the survey shows the same picture, with nothing to choose', async () => {
  const window = await openRun(surveyed());
  await window.get('picture').waitFor();
  expect(await window.page.getByRole('slider').count()).toBe(0);
  expect(await window.get('picture').locator('.window').count()).toBe(4);
  expect(await window.page.getByRole('radio').count()).toBe(0);
  await window.page.getByText('The windows and snapshots in words').click();
  expect(await source(window, 'before-migration').innerText()).toContain('loses 1 h 22 min');
});

test('how much the close-up shows is chosen, with the line in it', async () => {
  const window = await open();
  const lens = async () => Number(/^M([\d.]+)/.exec((await window.page.locator('.lens').getAttribute('d'))!)![1]);
  const before = await lens();
  await window.get('zoom-604800000').click();
  expect(await window.get('zoom-604800000').getAttribute('aria-pressed')).toBe('true');
  expect(before - (await lens())).toBeGreaterThan(100);
  expect(await window.page.locator('.handle .flag').count()).toBe(1);
});

test('a survey that found nothing says so', async () => {
  const nothing = { ...MOMENTS, windows: [], points: [] };
  const window = await openRun({ ...restoringDb({ is: 'idle' }, undefined, nothing), entries: TIMELINE.length });
  await window.settled();
  expect(await window.get('blocked').innerText()).toBe('The survey found nothing to restore from.');
});
