/** What Rust sends by itself: the run as it goes on, progress, problems, and the question before the window closes. */
import { describe, expect, test } from 'vitest';

import type { RunView } from '../src/lib/types/RunView';
import { HALF, OUTCOME, PROGRESS, RUN, TIMELINE, WORK, restoring, runAt } from './fixtures';
import { Refusal, type Window, openRun, soon } from './window';

const LAST = TIMELINE.length;
const later = (view: RunView, by = 1): RunView => ({ ...view, entries: LAST + by });
const step = (window: Window) => window.get('current-step').getAttribute('data-step');

describe('run', () => {
  test('is shown as it is sent, and said to who doesn’t see it', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.send('run', later(restoring(WORK.verified)));
    await window.get('outcome').waitFor();
    await soon(() => window.get('said').textContent()).toBe('Verified: 1,204 of 1,204 photos are back.');
    await window.send('run', later(runAt('verify', { moves: ['read'] }), 2));
    await soon(() => step(window)).toBe('verify');
    await soon(() => window.get('said').textContent()).toBe('Step 5: Verify the photos.');
    expect(await window.get('step-row-restore').getAttribute('data-state')).toBe('done');
    expect(await window.get('step-row-verify').getAttribute('aria-current')).toBe('step');
  });

  test('never goes back: an older view, late, changes nothing', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.send('run', later(restoring(WORK.applying), 2));
    await window.get('progress').waitFor();
    await window.send('run', later(restoring(WORK.planned), 1));
    expect(await window.get('progress').isVisible()).toBe(true);
  });

  test('never goes back: an answer that was overtaken changes nothing', async () => {
    let answer = () => {};
    const planned = restoring(WORK.planned);
    const window = await openRun(planned, { replies: { submit: () => new Promise((resolve) => (answer = () => resolve(planned))) } });
    await window.get('move-plan_again').click();
    await soon(() => window.submitted).toHaveLength(1);
    await window.send('run', later(restoring(WORK.planning)));
    await window.get('progress').waitFor();
    answer();
    await window.sent();
    expect(await window.get('progress').isVisible()).toBe(true);
  });

  test('of another run is not shown here', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.send('run', { ...later(restoring(WORK.verified), 9), id: '20261124-050000-bb02' });
    expect(await window.get('plan').isVisible()).toBe(true);
  });

  test('leaves a step alone that somebody looks at, and refreshes it', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.press('j');
    await window.get('looking').waitFor();
    await window.send('run', later(restoring(WORK.verified)));
    await soon(() => window.asked('step')).toBe(2);
    expect(await window.page.locator('#step-title').textContent()).toBe('Verify the photos');
    await window.send('run', later(runAt('verify', { moves: ['read'] }), 2));
    await window.get('current-step').waitFor();
    expect(await window.get('looking').count()).toBe(0);
  });

  test('keeps the focus on the step', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.settled();
    await window.get('move-plan_again').focus();
    await window.send('run', later(restoring(WORK.planning)));
    await window.get('progress').waitFor();
    await soon(() => window.page.evaluate(() => document.activeElement?.id)).toBe('step-title');
  });

  test('ends in its summary', async () => {
    const window = await openRun(runAt('close', { moves: ['complete'] }));
    const ended = runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', approver: 'Dana Whitfield' });
    await window.send('run', later(ended));
    await window.get('ended').waitFor();
    const text = await window.get('ended').innerText();
    for (const words of ['00:41:47 within the RTO of 24 h', '9 done, 1 skipped, 1 led past', 'approver Dana Whitfield', '6. Let replication catch up']) {
      expect(text).toContain(words);
    }
    await soon(() => window.get('said').textContent()).toBe('The run is finished.');
    expect(await window.get('signed').innerText()).toBe('not yet; an export as JSON lines or archive signs it');
    await window.send('run', later({ ...ended, signed: 'lifeboat/8608aaec' }));
    await soon(() => window.get('signed').innerText()).toBe('by lifeboat/8608aaec');
  });
});

describe('progress', () => {
  test('is a count, a rate, a time left and what failed', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.send('progress', PROGRESS);
    const text = () => window.get('progress').innerText();
    for (const words of ['412 of 1,204', '34%', '31 a second', 'about 25 s left', '655.1 MB', '3 failed', 'approved by Dana Whitfield']) {
      await soon(text).toContain(words);
    }
    expect(await window.get('progress').locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBeCloseTo(412 / 1204);
  });

  test('of which nobody knows the end is a count', async () => {
    const window = await openRun(restoring(WORK.planning));
    await window.send('progress', { ...PROGRESS, doing: 'listing versions', total: null, left: null, rate: 0, failed: 0 });
    await soon(() => window.get('progress').innerText()).toContain('listing versions');
    const text = await window.get('progress').innerText();
    expect(text).toContain('412');
    expect(text).not.toMatch(/%|left|a second/);
    expect(await window.get('progress').locator('progress').count()).toBe(0);
  });

  test('of another run or step is not shown', async () => {
    const window = await openRun(restoring(WORK.applying));
    for (const other of [{ run: '20261124-050000-bb02' }, { step: 'survey' }]) {
      await window.send('progress', { ...PROGRESS, ...other });
      expect(await window.get('progress').innerText()).not.toContain('412');
    }
  });

  test('is gone when the work is', async () => {
    const window = await openRun(restoring(WORK.applying));
    await window.send('progress', PROGRESS);
    await window.send('run', later(restoring({ ...WORK.in_doubt, checking: true })));
    await window.get('in-doubt').waitFor();
    expect(await window.text()).not.toContain('412 of 1,204');
  });
});

test('what is in doubt is asked about, and what failed says what to do next', async () => {
  const doubt = await openRun(restoring(WORK.in_doubt));
  expect(await doubt.get('in-doubt').innerText()).toContain(`Sent at 03:14:07 UTC; ${HALF.headline}. Go on?`);
  const failed = await openRun(restoring(WORK.failed));
  const text = await failed.get('failed').innerText();
  expect(text).toContain('the login of profile veonics-dr expired');
  expect(text).toContain('aws sso login --profile veonics-dr');
  const verified = await openRun(restoring(WORK.verified));
  expect(await verified.get('outcome').innerText()).toContain(OUTCOME.headline);
});

describe('close-asked', () => {
  const asked = { run: RUN, step: 'Restore the photos', changes: true };

  async function ask(changes = true): Promise<Window> {
    const window = await openRun(restoring(WORK.applying));
    await window.send('close-asked', { ...asked, changes });
    await window.get('close-dialog').waitFor();
    return window;
  }

  test('offers three choices, and says what each leaves behind', async () => {
    const window = await ask();
    const text = await window.get('close-dialog').innerText();
    for (const words of ['Restore the photos', 'Keep going', 'Stop, then close', 'What is done stays done', 'Close now', 'in doubt']) {
      expect(text).toContain(words);
    }
    expect(await (await ask(false)).get('close-dialog').innerText()).toContain('It only reads');
  });

  test.each(['the button', 'Esc'])('keeps going with %s', async (way) => {
    const window = await ask();
    if (way === 'Esc') await window.press('Escape');
    else await window.get('close-keep').click();
    await window.get('close-dialog').waitFor({ state: 'detached' });
    expect([window.asked('stop'), window.asked('close_now')]).toEqual([0, 0]);
  });

  test('stops, and closes once the work has stopped', async () => {
    const window = await ask();
    await window.get('close-stop').click();
    await soon(() => window.calls.at(-1)).toEqual({ command: 'stop', args: { run: RUN } });
    await window.send('progress', PROGRESS);
    expect(window.asked('close_now')).toBe(0);
    await window.send('run', later(restoring(WORK.failed)));
    await soon(() => window.asked('close_now')).toBe(1);
  });

  test('stops the run that works, though another one is on the screen', async () => {
    const other = '20261124-050000-bb02';
    const window = await openRun(restoring(WORK.planned));
    await window.send('close-asked', { ...asked, run: other });
    await window.get('close-stop').click();
    await soon(() => window.calls.at(-1)).toEqual({ command: 'stop', args: { run: other } });
    await window.send('run', later(restoring(WORK.planned)));
    expect(window.asked('close_now')).toBe(0);
    await window.send('run', { ...restoring(WORK.failed), id: other });
    await soon(() => window.asked('close_now')).toBe(1);
    expect(await window.get('plan').isVisible()).toBe(true);
  });

  test('stays open when stopping is refused', async () => {
    const window = await ask();
    window.answer({ stop: () => new Refusal({ what: 'It can’t be stopped.', next: 'Wait for it.' }) });
    await window.get('close-stop').click();
    await soon(() => window.get('problem').innerText()).toContain('It can’t be stopped.');
    await window.send('run', later(restoring(WORK.verified)));
    await window.get('outcome').waitFor();
    expect(window.asked('close_now')).toBe(0);
  });

  test('closes at once', async () => {
    const window = await ask();
    await window.get('close-now').click();
    await soon(() => window.asked('close_now')).toBe(1);
    expect(window.asked('stop')).toBe(0);
  });

  test('is answered by the work itself when that ends first', async () => {
    const window = await ask();
    await window.send('run', later(restoring(WORK.verified)));
    await window.get('close-dialog').waitFor({ state: 'detached' });
    expect(window.asked('close_now')).toBe(0);
  });
});
