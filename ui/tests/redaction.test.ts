/** What an export leaves out, and what it says when it could not be signed. */
import { describe, expect, test } from 'vitest';

import { RUN, TIMELINE, WORK, noted, restoring, runAt } from './fixtures';
import { leavingOut } from './screens';
import { Refusal, type Window, openRun, soon } from './window';

const dialog = (window: Window) => window.get('leave-out-dialog');
const box = (window: Window, seq: number) => window.get(`leave-out-${seq}`);
const focused = (window: Window) => window.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
const exported = (window: Window) => window.calls.filter(({ command }) => command === 'export_timeline').map(({ args }) => args);
const says = (window: Window, words: string) => soon(() => window.get('left-out').innerText()).toBe(words);
const grow = async (window: Window, count: number) => {
  const rows = noted(count);
  window.answer({ timeline: ({ after }) => rows.filter(({ seq }) => seq > after) });
  await window.send('run', restoring(WORK.planned, {}, { entries: rows.length }));
};

describe('what is left out of an export', () => {
  test('is chosen among notes and attached files only, in order, and nothing is at first', async () => {
    const window = await leavingOut(3, {});
    const rows = await dialog(window).locator('.row').allInnerTexts();
    expect(rows.map((row) => Number(row.trim().split(' ')[0]))).toEqual([2, 13, 16, 17, 18]);
    expect(rows[0]).toMatch(/^2 · 02:44:02 UTC · Sam Ortega\s+note: the card office of Harbor College called first, at 02:39$/);
    expect(rows[4]).toContain('attached screenshot 18.png');
    expect(await dialog(window).locator('input:checked').count()).toBe(0);
    await says(window, '0 of 5 chosen');
    expect(await dialog(window).innerText()).toContain(
      'Their texts are left out, with who wrote them and when; that there is an entry stays visible, and the export still verifies. The journal keeps them.',
    );
    expect(await window.get('leave-out-submit').isDisabled()).toBe(true);
  });

  test('is exported by its numbers, and is forgotten then', async () => {
    const window = await leavingOut(3, {});
    for (const seq of [18, 2, 13, 2]) await box(window, seq).click();
    await says(window, '2 of 5 chosen');
    expect(await window.get('leave-out-submit').innerText()).toContain('Export without 2');
    await window.get('leave-out-submit').click();
    await dialog(window).waitFor({ state: 'detached' });
    expect(exported(window)).toEqual([{ run: RUN, format: 'jsonl', leftOut: [13, 18] }]);
    expect(await window.get('notice').innerText()).toContain('The timeline without the text of 2 entries is in /home/sam/timeline.jsonl');
    expect(await focused(window)).toBe('export');
    await window.get('export').click();
    await window.get('leave-out').click();
    await says(window, '0 of 5 chosen');
  });

  test('is nothing in every other export', async () => {
    const window = await openRun(restoring(WORK.planned));
    for (const format of ['md', 'csv', 'jsonl']) {
      await window.press('e');
      await window.get(`export-${format}`).click();
      await window.get(`export-${format}`).waitFor({ state: 'detached' });
    }
    expect(exported(window).map(({ format, leftOut }) => [format, leftOut])).toEqual([['md', []], ['csv', []], ['jsonl', []]]);
  });

  test('is chosen and exported with keys alone', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.press('e');
    await soon(() => focused(window)).toBe('export');
    await window.press('Tab', 'Tab', 'Tab', 'Tab');
    expect(await focused(window)).toBe('leave-out');
    await window.press('Enter');
    await soon(() => focused(window)).toBe('leave-out-2');
    await window.press('Enter');
    expect(exported(window)).toEqual([]);
    await window.press('ArrowDown');
    await soon(() => focused(window)).toBe('leave-out-13');
    await window.press('ArrowDown', ' ', 'Escape');
    await dialog(window).waitFor({ state: 'detached' });
    expect(await focused(window)).toBe('export');
    await window.press('Enter', 'Tab', 'Tab', 'Tab', 'Tab', 'Enter');
    await says(window, '1 of 2 chosen');
    expect(await box(window, 13).isChecked()).toBe(true);
    await window.press('Enter');
    await dialog(window).waitFor({ state: 'detached' });
    expect(exported(window)).toEqual([{ run: RUN, format: 'jsonl', leftOut: [13] }]);
  });

  test('outlives what arrives meanwhile, which is not chosen', async () => {
    const window = await leavingOut(3, {});
    await dialog(window).getByRole('button', { name: 'Choose all' }).click();
    await box(window, 13).click();
    await says(window, '4 of 5 chosen');
    await box(window, 13).focus();
    await grow(window, 5);
    await says(window, '4 of 7 chosen');
    expect(await focused(window)).toBe('leave-out-13');
    await window.get('leave-out-submit').click();
    await soon(() => exported(window)).toMatchObject([{ leftOut: [2, 16, 17, 18] }]);
  });

  test('stays chosen when Rust refuses, and after a restart', async () => {
    const refusal = new Refusal({ what: 'Entry 13 can’t be left out: it is no note.', next: 'Choose again.' });
    const window = await leavingOut(3, { replies: { export_timeline: () => refusal } });
    await box(window, 13).click();
    await window.get('leave-out-submit').click();
    await soon(() => dialog(window).getByRole('alert').innerText()).toBe('Entry 13 can’t be left out: it is no note. Choose again.');
    expect(await box(window, 13).isChecked()).toBe(true);
    expect(await window.get('notice').count()).toBe(0);
    await window.page.reload();
    await window.page.locator('[data-testid^=go-on-]').click();
    await window.get('export').click();
    await window.get('leave-out').click();
    await says(window, '1 of 5 chosen');
    await dialog(window).getByRole('button', { name: 'Choose none' }).click();
    await says(window, '0 of 5 chosen');
  });

  test('is read in full before it is chosen, however long', async () => {
    const window = await leavingOut(4, {});
    const { text } = noted(4).at(-1)!;
    await dialog(window).getByRole('button', { name: 'note: number 19' }).click();
    await soon(() => window.get('left-out-full').locator('.text').innerText()).toBe(text);
    expect(await box(window, 19).isChecked()).toBe(false);
    await window.press('Tab');
    await box(window, 2).focus();
    await soon(() => window.get('left-out-full').innerText()).toContain('2 · 2026-11-24 02:44:02 UTC, 2026-11-23 21:44:02 local · Sam Ortega');
  });

  test('is one among thousands: few are in the page, and the last is a key away', async () => {
    const window = await leavingOut(5000, { size: { width: 1024, height: 640 } });
    const drawn = () => dialog(window).locator('.row').count();
    expect(await drawn()).toBeLessThan(60);
    await soon(() => focused(window)).toBe('leave-out-2');
    await window.press('End', ' ');
    await soon(() => focused(window)).toBe('leave-out-5015');
    expect(await box(window, 5015).isChecked()).toBe(true);
    await window.press('PageUp');
    await soon(() => focused(window)).toBe('leave-out-5010');
    await window.press('Home');
    await soon(() => focused(window)).toBe('leave-out-2');
    await dialog(window).locator('.list').evaluate((list) => list.scrollTo(0, 100_000));
    await box(window, 2).waitFor({ state: 'detached' });
    await window.press('ArrowDown');
    await soon(() => focused(window)).toBe('leave-out-13');
    expect(await drawn()).toBeLessThan(60);
    await says(window, '1 of 5,002 chosen');
    await dialog(window).getByRole('button', { name: 'Choose all' }).click();
    await says(window, '5,002 of 5,002 chosen');
    await window.get('leave-out-submit').click();
    await soon(() => exported(window)[0]?.leftOut.length).toBe(5002);
  });

  test('is nothing where there are no notes, which is said once all is read', async () => {
    let arrive = () => {};
    const window = await openRun(restoring(WORK.planned, {}, { entries: 1 }), {
      replies: { timeline: () => new Promise((resolve) => (arrive = () => resolve([TIMELINE[0]]))) },
    });
    await window.get('export').click();
    await window.get('leave-out').click();
    expect(await dialog(window).innerText()).toContain('0 of 1 entries are read so far.');
    expect(await dialog(window).innerText()).not.toContain('nothing to leave out');
    arrive();
    await soon(() => dialog(window).innerText()).toContain('There is nothing to leave out: only notes and attached files can be');
    expect(await dialog(window).innerText()).not.toContain('so far');
    await grow(window, 1);
    await says(window, '0 of 3 chosen');
    expect(await window.page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Cancel Esc');
    await window.press('Enter');
    await dialog(window).waitFor({ state: 'detached' });
  });

  test('can be chosen where the run has ended', async () => {
    const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z' }));
    await window.get('ended').getByTestId('leave-out').click();
    await box(window, 2).click();
    await window.get('leave-out-submit').click();
    await dialog(window).waitFor({ state: 'detached' });
    expect(exported(window)).toMatchObject([{ leftOut: [2] }]);
    expect(await focused(window)).toBe('leave-out');
  });
});

describe('an export that could not be signed', () => {
  const unsigned = (why: string) => () => ({ path: '/home/sam/an.export', unsigned: why });
  const isSaid = async (window: Window) => {
    await soon(() => window.get('problem').locator('p').innerText()).toBe(
      'The export could not be signed: no keychain answers. It shows that no entry was changed, and not that none was cut off. Unlock the keychain, then export it again.',
    );
    expect(await window.get('notice').innerText()).toContain('is in /home/sam/an.export');
  };

  test.each(['no keychain answers', 'no keychain answers.'])('says why, and where it is: %s', async (why) => {
    const window = await openRun(restoring(WORK.planned), { replies: { export_timeline: unsigned(why), export_report: unsigned(why) } });
    for (const button of ['export-jsonl', 'report-zip']) {
      await window.press('e');
      await window.get(button).click();
      await isSaid(window);
      await window.get('problem').getByRole('button').click();
      await window.get('problem').waitFor({ state: 'detached' });
    }
  });

  test('keeps what is left out for when it is exported again', async () => {
    const window = await leavingOut(3, { replies: { export_timeline: unsigned('no keychain answers.') } });
    await box(window, 13).click();
    await window.get('leave-out-submit').click();
    await dialog(window).waitFor({ state: 'detached' });
    await isSaid(window);
    await window.get('export').click();
    await window.get('leave-out').click();
    await says(window, '1 of 5 chosen');
  });

  test('is no longer said of once one is signed', async () => {
    const window = await openRun(restoring(WORK.planned), { replies: { export_timeline: unsigned('no keychain answers.') } });
    await window.press('e');
    await window.get('export-jsonl').click();
    await isSaid(window);
    window.answer({ export_timeline: () => ({ path: '/home/sam/signed.jsonl', unsigned: null }) });
    await window.press('e');
    await window.get('export-jsonl').click();
    await soon(() => window.get('notice').innerText()).toContain('/home/sam/signed.jsonl');
    expect(await window.get('problem').count()).toBe(0);
  });
});
