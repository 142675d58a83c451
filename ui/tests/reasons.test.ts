/** Skipping, refusing, abandoning: each asks why first. Stopping says what it leaves behind. */
import { describe, expect, test } from 'vitest';

import type { Command } from '../src/lib/types/Command';
import { DIGEST, PROGRESS, TIMELINE, WORK, restoring, runAt } from './fixtures';
import { Refusal, openRun, soon } from './window';

const WHY = 'The bucket was brought back by AWS support.';

const REASONS: [string, string, string, Command][] = [
  ['skip', 'move-skip', 'Skip the step', { do: 'skip', step: 'restore', reason: WHY }],
  ['refuse', 'move-refuse', 'Refuse the plan', { do: 'refuse', step: 'restore', digest: DIGEST, reason: WHY }],
  ['abandon', 'abandon', 'Abandon the run', { do: 'abandon', reason: WHY }],
];

describe.each(REASONS)('to %s', (_, opener, button, command) => {
  test('takes a reason', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.get(opener).click();
    const submit = window.get('reason-submit');
    expect((await submit.innerText()).trim()).toBe(button);
    expect(await submit.isDisabled()).toBe(true);
    await window.get('reason').press('Enter');
    await window.get('reason').fill('   ');
    await window.get('reason').press('Enter');
    expect(await window.sent()).toEqual([]);
    await window.get('reason').fill(` ${WHY} `);
    await submit.click();
    await soon(() => window.submitted).toEqual([command]);
    await window.get('reason-dialog').waitFor({ state: 'detached' });
  });

  test('can be called off: nothing is sent, what was typed is there the next time', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.get(opener).click();
    await window.get('reason').fill(WHY);
    await window.press('Escape');
    await window.get('reason-dialog').waitFor({ state: 'detached' });
    expect(await window.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(opener);
    await window.get(opener).click();
    expect(await window.get('reason').inputValue()).toBe(WHY);
    await window.page.getByRole('button', { name: 'Close, keep what I typed' }).click();
    await window.get('reason-dialog').waitFor({ state: 'detached' });
    expect(await window.sent()).toEqual([]);
  });

  test('keeps the reason when Rust refuses', async () => {
    const refusal = new Refusal({ what: 'The journal is full.', next: 'Make room on the disk.' });
    const window = await openRun(restoring(WORK.planned), { replies: { submit: () => refusal } });
    await window.get(opener).click();
    await window.get('reason').fill(WHY);
    await window.get('reason').press('Enter');
    const alert = window.get('reason-dialog').getByRole('alert');
    await soon(() => alert.textContent()).toBe('The journal is full. Make room on the disk.');
    expect(await window.get('reason').inputValue()).toBe(WHY);
  });
});

test('a run that has ended can’t be abandoned', async () => {
  const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z' }));
  expect(await window.get('abandon').count()).toBe(0);
});

describe('stopping', () => {
  test('what changes something asks first, and says what stays', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.send('progress', PROGRESS);
    await window.get('stop').click();
    await soon(() => window.get('stop-dialog').innerText()).toContain('So far 412 of 1,204 are done; those stay done.');
    await window.page.getByRole('button', { name: 'Keep going' }).click();
    await window.get('stop-dialog').waitFor({ state: 'detached' });
    expect(window.asked('stop')).toBe(0);
    await window.get('stop').click();
    await window.get('stop-confirm').click();
    await soon(() => window.asked('stop')).toBe(1);
    await soon(() => window.get('stop').innerText()).toBe('Stopping after this item');
    await window.get('stop').click({ force: true });
    await window.get('stop-dialog').waitFor({ state: 'detached' });
    expect(window.asked('stop')).toBe(1);
  });

  test('what only reads is stopped at once', async () => {
    const window = await openRun(restoring(WORK.planning));
    await window.get('stop').click();
    await soon(() => window.calls.at(-1)).toEqual({ command: 'stop', args: { run: restoring(WORK.planning).id } });
  });

  test('is no longer asked about when the work has ended by itself', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.get('stop').click();
    await window.get('stop-dialog').waitFor();
    await window.send('run', { ...restoring(WORK.verified), entries: TIMELINE.length + 1 });
    await window.get('stop-dialog').waitFor({ state: 'detached' });
    expect(await window.get('outcome').isVisible()).toBe(true);
  });
});
