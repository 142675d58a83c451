/** Values that are given when a plan is made: asked before, sent with it, kept past a restart. */
import { describe, expect, test } from 'vitest';

import { EXCLUDE, TIER, ORGANIZATIONS, REMOVAL, obliterating, restoringDb } from './database';
import { SUMMARY, WORK, action, form, restoring } from './fixtures';
import { type Window, open, openRun, soon } from './window';

const organizations = (window: Window) => window.get('plan-value-organizations');
const removal = (given: Record<string, string>) => ({ do: 'plan', step: 'obliterate', with: given });
const press = async (window: Window, move: string) => {
  await window.settled();
  await window.get(`move-${move}`).click();
};

describe('a value that is needed', () => {
  test('is asked for by what it means, and no plan is made without it', async () => {
    const window = await openRun(obliterating({ is: 'idle' }));
    await window.settled();
    expect(await window.page.getByLabel(ORGANIZATIONS.about).inputValue()).toBe('');
    expect(await window.get('plan-values').innerText()).toContain('Needed: without it there is nothing to plan.');
    expect(await window.get('blocked').innerText()).toBe('Give the organizations first: there is nothing to plan without.');
    expect(await window.get('move-plan').isDisabled()).toBe(true);
    await organizations(window).fill('   ');
    await organizations(window).press('Enter');
    expect(await window.get('move-plan').isDisabled()).toBe(true);
    expect(window.submitted).toEqual([]);
  });

  test('is sent with the plan, by the button and by the field', async () => {
    const window = await openRun(obliterating({ is: 'idle' }));
    await organizations(window).fill(' org-7, org-9 ');
    await press(window, 'plan');
    await soon(() => window.submitted).toEqual([removal({ organizations: 'org-7, org-9' })]);
    const other = await openRun(obliterating({ is: 'idle' }));
    await organizations(other).fill('org-7');
    await other.settled();
    await organizations(other).press('Enter');
    await soon(() => other.submitted).toEqual([removal({ organizations: 'org-7' })]);
  });

  test('survives a restart', async () => {
    const window = await openRun(obliterating({ is: 'idle' }));
    await organizations(window).fill('org-7, org-');
    await window.page.reload();
    await window.page.locator('[data-testid^=go-on-]').click();
    await organizations(window).waitFor();
    expect(await organizations(window).inputValue()).toBe('org-7, org-');
  });

  test('can be given anew under a plan that waits; ⏎ in the field plans, and never approves', async () => {
    const window = await openRun(obliterating(REMOVAL, 'org-7,org-9'));
    await window.settled();
    expect(await window.get('other-moment').count()).toBe(0);
    await window.get('target').fill('portal-restore-7f3a9c');
    await window.get('approver').fill('Dana Whitfield');
    await window.get('choose-again').getByText('Plan with other values').click();
    expect(await organizations(window).inputValue()).toBe('org-7,org-9');
    await organizations(window).fill('');
    expect(await window.get('move-plan_again').isDisabled()).toBe(true);
    await organizations(window).fill('org-9');
    expect(await window.get('other-moment').innerText()).toBe('Other values are given than this plan was made with. Approving approves the plan as it stands above.');
    expect((await window.get('move-plan_again').innerText()).trim()).toBe('Plan the removal instead');
    await organizations(window).press('Enter');
    await soon(() => window.submitted).toEqual([removal({ organizations: 'org-9' })]);
  });
});

describe('a value that may stay empty', () => {
  const photos = (work: typeof WORK.planned | { is: 'idle' }, value = '', moves = ['plan', 'skip']) =>
    openRun(restoring(work, { moves: moves as [], action: action('photos.restore', work, { values: [{ ...EXCLUDE, value }] }) }));
  const plan = (given: Record<string, string>) => ({ do: 'plan', step: 'restore', with: given });

  test('is not sent when nobody gave it', async () => {
    const window = await photos({ is: 'idle' });
    expect(await window.get('plan-values').innerText()).toContain('May be left empty.');
    await press(window, 'plan');
    await soon(() => window.submitted).toEqual([plan({})]);
  });

  test('takes back what the step says when it is emptied', async () => {
    const window = await photos({ is: 'idle' }, 'photos/org-7/');
    expect(await window.get('plan-value-exclude').inputValue()).toBe('photos/org-7/');
    await window.get('plan-value-exclude').fill('');
    await press(window, 'plan');
    await soon(() => window.submitted).toEqual([plan({ exclude: '' })]);
  });

  test('is kept when the plan is made again for undecided keys', async () => {
    const work = { ...WORK.planned, summary: { ...SUMMARY, undecided: 2 } };
    const window = await photos(work, 'photos/org-7/', ['approve', 'ties_photo', 'ties_deleted', 'refuse', 'plan_again', 'skip']);
    await window.get('ties_photo').click();
    await soon(() => window.submitted).toEqual([plan({ exclude: 'photos/org-7/', ties: 'photo' })]);
  });
});

describe('the password of a restored database', () => {
  test('is kept, and is another when somebody chooses that', async () => {
    const window = await openRun(restoringDb({ is: 'idle' }));
    expect(await window.get('plan-value-password').inputValue()).toBe('keep');
    await window.get('plan-value-password').selectOption('managed');
    await press(window, 'plan');
    await soon(() => window.submitted.at(-1)).toMatchObject({ with: { from: 'point_in_time', password: 'managed' } });
  });

  test('can be put back to what it was', async () => {
    const window = await openRun(restoringDb({ is: 'idle' }, { at: '2026-11-24T02:31:00Z', password: 'managed' }));
    expect(await window.get('plan-value-password').inputValue()).toBe('managed');
    await window.get('plan-value-password').selectOption('keep');
    await press(window, 'plan');
    await soon(() => window.submitted.at(-1)).toMatchObject({ with: { password: 'keep' } });
  });
});

test('an exercise that is meant for another runbook says so, and leads to it', async () => {
  const asked: string[] = [];
  const scenario = { ...form().scenario!, runbook: 'restore-portal-db' };
  const start_form = ({ runbook }: { runbook: string }) => {
    asked.push(runbook);
    return { ...form(), runbook, scenario };
  };
  const window = await open({ replies: { start_form } });
  await window.get('start-restore-badge-photos').click();
  await window.get('briefing-runbook').click();
  await soon(() => asked).toEqual(['restore-badge-photos', 'restore-portal-db']);
  await soon(() => window.get('briefing-runbook').count()).toBe(0);
});

test('what most plans do without is folded away, and unfolded once it is said', async () => {
  const shown = (value: string) =>
    openRun(restoring({ is: 'idle' }, { moves: ['plan'], action: action('photos.restore', { is: 'idle' }, { values: [EXCLUDE, { ...TIER, value }] }) }));
  const window = await shown('');
  await window.get('plan-value-exclude').waitFor();
  expect(await window.get('plan-value-tier').isVisible()).toBe(false);
  await window.page.getByText('More that can be chosen').click();
  await window.get('plan-value-tier').selectOption('expedited');
  await press(window, 'plan');
  await soon(() => window.submitted).toEqual([{ do: 'plan', step: 'restore', with: { tier: 'expedited' } }]);
  expect(await (await shown('bulk')).get('plan-value-tier').isVisible()).toBe(true);
});

describe('what a plan does, counted', () => {
  test('the largest first, the rest on demand', async () => {
    const window = await openRun(restoring(WORK.planned));
    const tables = window.get('breakdowns');
    await tables.waitFor();
    expect(await tables.innerText()).toMatch(/By organization[^]*photos\/harbor-college\/\s+402\s+641(\.\d+)? MB/);
    expect(await tables.innerText()).not.toContain('others');
    await tables.getByRole('button', { name: 'Show all 12' }).click();
    await soon(() => tables.innerText()).toContain('others');
    expect(await tables.getByRole('button').count()).toBe(0);
  });

  test('and no room is taken when nothing was', async () => {
    const window = await openRun(restoring({ ...WORK.planned, summary: { ...SUMMARY, breakdowns: [] } }));
    await window.get('plan').waitFor();
    expect(await window.get('breakdowns').count()).toBe(0);
  });
});

test('what became of every photo is saved once a plan was applied, and where it is said', async () => {
  const attachments = ['plan', 'what was done'].map((label) => ({ label, digest: '9f3a'.padEnd(64, '0'), bytes: 412_300 }));
  const shown = (of: typeof attachments) =>
    openRun(restoring(WORK.verified, { action: action('photos.restore', WORK.verified, { attachments: of }) }));
  const window = await shown(attachments);
  await window.get('manifest').click();
  await soon(() => window.get('notice').innerText()).toContain('/home/sam/restore.csv');
  expect(window.asked('export_manifest')).toBe(1);
  expect(await (await shown(attachments.slice(0, 1))).get('manifest').count()).toBe(0);
});
