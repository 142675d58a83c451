/** Approving in an exercise, where a name is enough: who, what exactly, and what it takes before something is destroyed. */
import { describe, expect, test } from 'vitest';

import type { StepDetail } from '../src/lib/types/StepDetail';
import type { WorkView } from '../src/lib/types/WorkView';
import { discarding } from './database';
import { DIGEST, SUMMARY, TIMELINE, WORK, restoring } from './fixtures';
import { type Window, openRun, soon } from './window';

const approval = (by: string | null, digest = DIGEST, typed: string | null = null) => ({ do: 'approve', step: 'restore', digest, by, typed });
const planned = (work: WorkView = WORK.planned, changes: Partial<StepDetail> = {}) =>
  restoring(work, changes, { mode: 'exercise', strict: false });
const destroying = () => openRun({ ...discarding(), mode: 'exercise', strict: false });

async function approve(window: Window, by: string) {
  await window.get('approver').fill(by);
  await window.get('move-approve').click();
}

test('the plan on the screen is approved by its digest, with the second person’s name', async () => {
  const window = await openRun(planned());
  expect(await window.get('plan').getAttribute('data-digest')).toBe(DIGEST);
  await approve(window, '  Dana Whitfield ');
  await soon(() => window.submitted).toEqual([approval('Dana Whitfield')]);
});

test('⏎ in the name’s field approves', async () => {
  const window = await openRun(planned());
  await window.settled();
  await window.get('approver').fill('Dana Whitfield');
  await window.get('approver').press('Enter');
  await soon(() => window.submitted).toEqual([approval('Dana Whitfield')]);
});

test('nobody is asked for where the operator may approve', async () => {
  const window = await openRun(planned(WORK.planned, { second_person: false }));
  expect(await window.get('approver').count()).toBe(0);
  await window.get('move-approve').click();
  await soon(() => window.submitted).toEqual([approval(null)]);
});

describe('a second person', () => {
  test.each([
    ['', 'A second person approves this plan.'],
    ['   ', 'A second person approves this plan.'],
    ['Sam Ortega', 'Sam Ortega runs this and can\'t approve it too.'],
    [' sam ortega', 'Sam Ortega runs this and can\'t approve it too.'],
  ])('is not %j', async (name, words) => {
    const window = await openRun(planned());
    await approve(window, name);
    const alert = window.page.getByRole('alert');
    await soon(() => alert.textContent()).toContain(words);
    expect(await window.get('approver').getAttribute('aria-invalid')).toBe('true');
    expect(await window.page.evaluate(() => document.activeElement?.id)).toBe('approver');
    expect(await window.sent()).toEqual([]);
    await window.get('approver').fill('Dana');
    await alert.waitFor({ state: 'detached' });
  });

  test('approves one plan: another plan asks anew', async () => {
    const window = await openRun(planned());
    await window.get('approver').fill('Sam Ortega');
    await window.get('move-approve').click();
    await window.page.getByRole('alert').waitFor();
    const digest = `aa${DIGEST.slice(2)}`;
    await window.send('run', { ...planned({ ...WORK.planned, digest }), entries: TIMELINE.length + 1 });
    await soon(() => window.get('plan').getAttribute('data-digest')).toBe(digest);
    expect(await window.get('approver').inputValue()).toBe('');
    expect(await window.page.getByRole('alert').count()).toBe(0);
    await approve(window, 'Robin Falk');
    await soon(() => window.submitted).toEqual([approval('Robin Falk', digest)]);
  });
});

describe('what is destroyed', () => {
  const typed = (window: Window) => window.get('target').fill('portal-restore-7f3a9c');
  const sent = { ...approval('Dana Whitfield', DIGEST, 'portal-restore-7f3a9c'), step: 'discard' };

  test('is named by hand first, exactly, and the button says why until then', async () => {
    const window = await destroying();
    await window.get('approver').fill('Dana Whitfield');
    await window.settled();
    const approve = window.get('move-approve');
    expect(await approve.isDisabled()).toBe(true);
    expect(await window.get('blocked').innerText()).toBe('Type portal-restore-7f3a9c to say that it is the one.');
    for (const wrong of ['portal', 'Portal-Restore-7f3a9c', 'portal-restore-7f3a9c.']) {
      await window.get('target').fill(wrong);
      expect(await approve.isDisabled()).toBe(true);
      expect(await window.get('blocked').innerText()).toBe('What is typed is not portal-restore-7f3a9c.');
      expect(await window.get('target').getAttribute('aria-invalid')).toBe('true');
      await window.get('target').press('Enter');
      await window.get('approver').press('Enter');
    }
    await window.press('Escape', 'Enter');
    expect(await window.sent()).toEqual([]);
    await typed(window);
    expect(await window.get('blocked').count()).toBe(0);
    expect(await approve.innerText()).toBe('Delete portal-restore-7f3a9c');
    await approve.click();
    await soon(() => window.submitted).toEqual([sent]);
  });

  test('may be pasted', async () => {
    const window = await destroying();
    await window.get('approver').fill('Dana Whitfield');
    await window.page.evaluate(() => navigator.clipboard.writeText(' portal-restore-7f3a9c '));
    await window.get('target').focus();
    await window.press('Control+v');
    await window.get('move-approve').click();
    await soon(() => window.submitted).toEqual([sent]);
  });

  test('still needs the second person', async () => {
    const window = await destroying();
    await typed(window);
    await approve(window, 'Sam Ortega');
    await soon(() => window.page.getByRole('alert').textContent()).toContain('second person');
    expect(await window.sent()).toEqual([]);
  });

  test('is asked for anew by another plan', async () => {
    const window = await destroying();
    await typed(window);
    await window.send('run', { ...discarding(`aa${DIGEST.slice(2)}`), strict: false, entries: TIMELINE.length + 1 });
    await soon(() => window.get('target').inputValue()).toBe('');
    expect(await window.get('move-approve').isDisabled()).toBe(true);
  });

  test('looks different before it is clicked', async () => {
    const edge = (window: Window, id: string) => window.get(id).evaluate((element) => getComputedStyle(element).borderTopStyle);
    const danger = await destroying();
    for (const id of ['move-approve', 'approval', 'plan']) expect(await edge(danger, id), id).toBe('double');
    const change = await openRun(planned());
    expect(await edge(change, 'move-approve')).toBe('solid');
    expect(await edge(change, 'plan')).toBe('solid');
    expect(await change.get('target').count()).toBe(0);
  });
});

test('the plan says what will happen and what will not, warnings before the rest', async () => {
  const warnings = ['2 keys are undecided and left alone.'];
  const summary = { ...SUMMARY, undecided: 2, warnings };
  const window = await openRun(planned({ ...WORK.planned, summary }));
  const plan = await window.get('plan').innerText();
  for (const words of ['1,204 photos come back', '612', '1,204 requests', 'Nothing is deleted.', 'left as it is']) {
    expect(plan).toContain(words);
  }
  expect(plan.indexOf('2 keys are undecided')).toBeLessThan(plan.indexOf('Nothing is deleted.'));
});
