/** What goes wrong is said in two parts, what and what next, until it is dismissed or done. */
import { describe, expect, test } from 'vitest';

import { TIMELINE, WORK, restoring, runAt } from './fixtures';
import { Refusal, type Window, open, openRun, soon } from './window';

const PROBLEM = { what: 'The journal can’t be written: no space is left.', next: 'Make room on `/home`, then try again.' };
const refuse = () => new Refusal(PROBLEM);

async function isSaid(window: Window) {
  const alert = window.get('problem');
  await soon(() => alert.locator('strong').innerText()).toBe(PROBLEM.what);
  expect(await alert.getAttribute('role')).toBe('alert');
  expect(await alert.innerText()).toContain('Make room on /home, then try again.');
  expect(await alert.locator('code').innerText()).toBe('/home');
}

const dismiss = (window: Window) => window.page.getByRole('button', { name: 'Dismiss' }).click();

test('a refused move leaves everything as it was, and is dismissed', async () => {
  const window = await openRun(restoring(WORK.planned, {}, { strict: false }), { replies: { submit: refuse } });
  await window.get('approver').fill('Dana Whitfield');
  await window.get('move-approve').click();
  await isSaid(window);
  expect(await window.get('approver').inputValue()).toBe('Dana Whitfield');
  expect(await window.get('plan').isVisible()).toBe(true);
  await dismiss(window);
  await window.get('problem').waitFor({ state: 'detached' });
});

test('what succeeds next takes the problem away', async () => {
  const window = await openRun(restoring(WORK.planned), { replies: { submit: refuse } });
  await window.get('move-plan_again').click();
  await isSaid(window);
  window.answer({ submit: () => ({ ...restoring(WORK.planning), entries: TIMELINE.length + 1 }) });
  await window.get('move-plan_again').click();
  await window.get('progress').waitFor();
  expect(await window.get('problem').count()).toBe(0);
});

test('a problem in the background is said wherever one is', async () => {
  const window = await open();
  await window.send('problem', PROBLEM);
  await isSaid(window);
  await dismiss(window);
  await window.get('go-on-20261124-024317-9f3a').waitFor();
});

test('a problem stays said while what is on the screen is read again', async () => {
  const window = await openRun(restoring(WORK.planned));
  await window.press('k');
  await window.get('looking').waitFor();
  await window.send('problem', PROBLEM);
  await isSaid(window);
  const before = window.asked('step');
  await window.send('run', restoring(WORK.planned, {}, { entries: TIMELINE.length + 1 }));
  await soon(() => window.asked('step')).toBe(before + 1);
  await isSaid(window);
});

describe('refused on the way', () => {
  test('into a run: the library stays', async () => {
    const window = await open({ replies: { open_run: refuse } });
    await window.page.locator('[data-testid^=go-on-]').first().click();
    await isSaid(window);
    expect(await window.get('library').isVisible()).toBe(true);
  });

  test('to another step: the one on the screen stays', async () => {
    const window = await openRun(restoring(WORK.planned), { replies: { step: refuse } });
    await window.press('j');
    await isSaid(window);
    expect(await window.page.locator('#step-title').textContent()).toBe('Restore the photos');
  });

  test('to stop: it can be tried again', async () => {
    const window = await openRun(restoring(WORK.planning), { replies: { stop: refuse } });
    await window.get('stop').click();
    await isSaid(window);
    await soon(() => window.get('stop').innerText()).toBe('Stop');
  });

  test('to export: the menu stays', async () => {
    const window = await openRun(restoring(WORK.planned), { replies: { export_timeline: refuse } });
    await window.get('export').click();
    await window.get('export-csv').click();
    await isSaid(window);
    expect(window.calls.at(-1)?.args).toMatchObject({ format: 'csv' });
  });

  test('to the library: it can be read again', async () => {
    const window = await open({ replies: { library: refuse } });
    await isSaid(window);
    window.answer({ library: () => ({ runbooks: [], runs: [], environments: [], home: '~/x', operator: '', environment: null }) });
    await window.page.getByRole('button', { name: 'Read the library again' }).click();
    await soon(() => window.text()).toContain('No runbooks yet.');
    expect(await window.get('problem').count()).toBe(0);
  });

  test('into an attachment: the dialog says so', async () => {
    const window = await openRun(restoring(WORK.planned), { replies: { attachment: refuse } });
    await window.get('plan-whole').click();
    await soon(() => window.get('attachment').innerText()).toContain('no space is left');
  });
});

test('what is no problem of ours still has a next step', async () => {
  const window = await openRun(restoring(WORK.planned), {
    replies: { submit: () => new Refusal('state not managed' as never) },
  });
  await window.get('move-plan_again').click();
  await soon(() => window.get('problem').innerText()).toContain('state not managed Try again.');
});

test('an export says where it went', async () => {
  const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z' }));
  await window.get('ended').getByTestId('export-md').click();
  await soon(() => window.get('notice').innerText()).toContain('The timeline is in /home/sam/timeline.md');
  await dismiss(window);
  await window.get('notice').waitFor({ state: 'detached' });
});
