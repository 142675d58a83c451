/** Approving: who, what exactly, and what it takes before something is destroyed. */
import { describe, expect, test } from 'vitest';

import type { StepDetail } from '../src/lib/types/StepDetail';
import { DIGEST, SUMMARY, TIMELINE, WORK, action, restoring } from './fixtures';
import { type Window, openRun, soon } from './window';

const approval = (by: string | null, digest = DIGEST) => ({ do: 'approve', step: 'restore', digest, by });
const destroying = (changes: Partial<StepDetail> = {}) => openRun(restoring(WORK.planned, { effect: 'destroys', ...changes }));

async function approve(window: Window, by: string, target?: string) {
  await window.get('approver').fill(by);
  if (target !== undefined) await window.get('target').fill(target);
  await window.get('move-approve').click();
}

test('the plan on the screen is approved by its digest, with the second person’s name', async () => {
  const window = await openRun(restoring(WORK.planned));
  expect(await window.get('plan').getAttribute('data-digest')).toBe(DIGEST);
  await approve(window, '  Dana Whitfield ');
  await soon(() => window.submitted).toEqual([approval('Dana Whitfield')]);
});

test('⏎ in the name’s field approves', async () => {
  const window = await openRun(restoring(WORK.planned));
  await window.settled();
  await window.get('approver').fill('Dana Whitfield');
  await window.get('approver').press('Enter');
  await soon(() => window.submitted).toEqual([approval('Dana Whitfield')]);
});

test('nobody is asked for where the operator may approve', async () => {
  const window = await openRun(restoring(WORK.planned, { second_person: false }));
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
    const window = await openRun(restoring(WORK.planned));
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
    const window = await openRun(restoring(WORK.planned));
    await window.get('approver').fill('Sam Ortega');
    await window.get('move-approve').click();
    await window.page.getByRole('alert').waitFor();
    const digest = `aa${DIGEST.slice(2)}`;
    await window.send('run', { ...restoring({ ...WORK.planned, digest }), entries: TIMELINE.length + 1 });
    await soon(() => window.get('plan').getAttribute('data-digest')).toBe(digest);
    expect(await window.get('approver').inputValue()).toBe('');
    expect(await window.page.getByRole('alert').count()).toBe(0);
    await approve(window, 'Robin Falk');
    await soon(() => window.submitted).toEqual([approval('Robin Falk', digest)]);
  });
});

describe('what is destroyed', () => {
  test('is named by hand first, exactly', async () => {
    const window = await destroying();
    await approve(window, 'Dana Whitfield');
    for (const typed of ['veonics', 'Veonics-Photos']) {
      await window.get('target').fill(typed);
      await window.get('move-approve').click();
      await soon(() => window.page.getByRole('alert').textContent()).toContain('Type veonics-photos');
      expect(await window.page.evaluate(() => document.activeElement?.id)).toBe('target');
    }
    expect(await window.sent()).toEqual([]);
    await approve(window, 'Dana Whitfield', 'veonics-photos');
    await soon(() => window.submitted).toEqual([approval('Dana Whitfield')]);
  });

  test('still needs the second person', async () => {
    const window = await destroying();
    await approve(window, 'Sam Ortega', 'veonics-photos');
    await soon(() => window.page.getByRole('alert').textContent()).toContain('second person');
    expect(await window.sent()).toEqual([]);
  });

  test('is the instance where the step has one, and the environment where it names nothing', async () => {
    const params = [
      { name: 'bucket', value: 'veonics-photos' },
      { name: 'instance', value: 'portal-db-1' },
    ];
    const database = await destroying({ action: action('database.delete', WORK.planned, { params }) });
    expect(await database.page.locator('label[for=target]').innerText()).toBe('Type portal-db-1 to confirm');
    const nothing = await destroying({ action: action('database.delete', WORK.planned, { params: [] }) });
    expect(await nothing.page.locator('label[for=target]').innerText()).toBe('Type production to confirm');
  });

  test('looks different before it is clicked', async () => {
    const edge = (window: Window) => window.get('move-approve').evaluate((button) => getComputedStyle(button).borderStyle);
    expect(await edge(await destroying())).toBe('double');
    expect(await edge(await openRun(restoring(WORK.planned)))).toBe('solid');
  });
});

test('the plan says what will happen and what will not, warnings before the rest', async () => {
  const warnings = ['2 keys are undecided and left alone.'];
  const summary = { ...SUMMARY, undecided: 2, warnings };
  const window = await openRun(restoring({ ...WORK.planned, summary }));
  const plan = await window.get('plan').innerText();
  for (const words of ['1,204 photos come back', '612', '1,204 requests', 'Nothing is deleted.', 'left as it is']) {
    expect(plan).toContain(words);
  }
  expect(plan.indexOf('2 keys are undecided')).toBeLessThan(plan.indexOf('Nothing is deleted.'));
});
