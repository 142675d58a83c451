/** Each key does what the list of keys says, and nothing else does. */
import { describe, expect, test } from 'vitest';

import { DECISION, MANUAL, MESSAGE, TIMELINE, WORK, detail, restoring, runAt } from './fixtures';
import { type Window, open, openRun, soon } from './window';

const CHECKS = [0, 1, 2].map((at) => ({
  html: `Check ${at}`,
  text: `Check ${at}`,
  ticked_at: at === 0 ? '2026-11-24T03:05:31Z' : null,
  ticked_by: at === 0 ? 'Sam Ortega' : null,
}));

const planned = () => openRun(restoring(WORK.planned));
const manual = () => openRun(runAt('stop-writers', { moves: ['complete', 'skip'] }));
const focused = (window: Window) => window.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));

/** A key that is held down until it has repeated twice. */
async function hold(window: Window, key: string) {
  for (let times = 0; times < 3; times += 1) await window.page.keyboard.down(key);
  await window.page.keyboard.up(key);
}

describe('⏎', () => {
  test('takes the primary move', async () => {
    const window = await manual();
    await window.settled();
    await window.press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'complete', step: 'stop-writers', record: null }]);
  });

  test('takes the primary move from a check that has the focus', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete'] }));
    await window.settled();
    await window.get('check-0').focus();
    await window.press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'complete', step: 'stop-writers', record: null }]);
  });

  test.each(['the page', 'the button'])('does not take a primary move that has only just appeared, from %s', async (from) => {
    const next = { ...runAt('writers-on', { moves: ['complete', 'skip'] }), entries: TIMELINE.length + 1 };
    const window = await openRun(runAt('stop-writers', { moves: ['complete', 'skip'] }), { replies: { submit: () => next } });
    await window.settled();
    await window.page.clock.pauseAt('2026-11-24T03:20:00Z');
    if (from === 'the button') await window.get('move-complete').focus();
    await window.press('Enter');
    await window.page.getByRole('heading', { name: 'Let writers back in' }).waitFor();
    await window.press('Enter');
    await window.page.clock.runFor(290);
    await window.press('Enter');
    expect(await window.sent()).toHaveLength(1);
    await window.page.clock.runFor(20);
    await window.press('Enter');
    await soon(() => window.submitted.at(-1)).toEqual({ do: 'complete', step: 'writers-on', record: null });
  });

  test('is not the only one that waits: a double click takes one move', async () => {
    const next = { ...runAt('writers-on', { moves: ['complete', 'skip'] }), entries: TIMELINE.length + 1 };
    const window = await openRun(runAt('stop-writers', { moves: ['complete', 'skip'] }), { replies: { submit: () => next } });
    await window.settled();
    await window.get('move-complete').dblclick();
    await window.page.getByRole('heading', { name: 'Let writers back in' }).waitFor();
    await window.settled();
    expect(await window.sent()).toHaveLength(1);
  });

  test('does nothing while the move is blocked, and says why', async () => {
    const window = await openRun(runAt('stop-writers', MANUAL));
    await window.settled();
    await window.press('Enter');
    await soon(() => window.get('said').textContent()).toBe('Tick 1 more check.');
    expect(await window.sent()).toEqual([]);
  });

  test('does nothing while another step is looked at', async () => {
    const window = await planned();
    await window.press('k');
    await window.get('looking').waitFor();
    await window.press('Enter', ' ', '1');
    expect(await window.sent()).toEqual([]);
  });

  test('presses the button that has the focus, not the primary one', async () => {
    const window = await manual();
    await window.settled();
    await window.get('move-skip').focus();
    await window.press('Enter');
    await window.get('reason-dialog').waitFor();
    expect(await window.sent()).toEqual([]);
  });
});

describe('Space', () => {
  test('ticks the first check that is not ticked', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete'] }));
    await window.press(' ');
    await soon(() => window.submitted).toEqual([{ do: 'tick', step: 'stop-writers', check: 1 }]);
  });

  test('ticks the check that has the focus, once', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete'] }));
    await window.get('check-2').focus();
    await window.press(' ');
    await soon(() => window.submitted).toEqual([{ do: 'tick', step: 'stop-writers', check: 2 }]);
  });
});

test('1 to 9 pick a choice, and ⏎ decides', async () => {
  const window = await openRun(runAt('customers', DECISION));
  await window.settled();
  await window.press('9');
  expect(await window.get('option-no').isChecked()).toBe(false);
  await window.press('2');
  await soon(() => window.get('option-no').isChecked()).toBe(true);
  await window.press('1');
  await soon(() => window.get('option-yes').isChecked()).toBe(true);
  expect(await window.sent()).toEqual([]);
  await window.press('Enter');
  await soon(() => window.submitted).toEqual([{ do: 'decide', step: 'customers', choice: 'yes' }]);
});

describe('J, K and G', () => {
  const title = (window: Window) => window.page.locator('#step-title').textContent();

  test('look at the next and the previous step, and go back', async () => {
    const window = await planned();
    await window.press('j');
    await soon(() => title(window)).toBe('Verify the photos');
    await window.press('K');
    await soon(() => title(window)).toBe('Restore the photos');
    await window.press('k');
    await soon(() => title(window)).toBe('Survey the loss');
    expect(await window.get('looking').isVisible()).toBe(true);
    await window.press('g');
    await soon(() => title(window)).toBe('Restore the photos');
    await window.press('k');
    await soon(() => title(window)).toBe('Survey the loss');
    await window.press('Escape');
    await soon(() => title(window)).toBe('Restore the photos');
    expect(await window.sent()).toEqual([]);
  });

  test('pressed twice in a row go two steps, however the answers come in', async () => {
    const window = await planned();
    const waiting: (() => void)[] = [];
    window.answer({ step: ({ step }) => new Promise((resolve) => waiting.push(() => resolve(detail(step)))) });
    await window.press('j', 'j');
    await soon(() => waiting.length).toBe(2);
    waiting[1]!();
    await soon(() => title(window)).toBe('Let replication catch up');
    waiting[0]!();
    await window.press('k');
    await soon(() => window.calls.at(-1)?.args.step).toBe('verify');
  });

  test('G takes back a look that is still on its way', async () => {
    const window = await planned();
    let arrive = () => {};
    window.answer({ step: ({ step }) => new Promise((resolve) => (arrive = () => resolve(detail(step)))) });
    await window.press('j');
    await soon(() => window.asked('step')).toBe(1);
    await window.press('g');
    arrive();
    await window.press('n');
    await soon(() => focused(window)).toBe('note');
    expect(await title(window)).toBe('Restore the photos');
  });

  test('stay within the run, and walk it from its summary', async () => {
    const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z' }));
    await window.press('k');
    await soon(() => title(window)).toBe('Hand back');
    await window.press('j');
    await window.press('g');
    await window.get('ended').waitFor();
    await window.press('j');
    await soon(() => title(window)).toBe('Stop writers');
    expect(window.calls.filter(({ command }) => command === 'step').map(({ args }) => args.step)).toEqual(['close', 'stop-writers']);
  });
});

test('N goes to the note, and Esc leaves it with what was typed', async () => {
  const window = await planned();
  await window.press('n');
  await soon(() => focused(window)).toBe('note');
  await window.page.keyboard.type('half a sent');
  await window.press('Escape');
  await soon(() => focused(window)).toBe(null);
  expect(await window.get('note').inputValue()).toBe('half a sent');
});

test('M copies the message, and nothing where there is none', async () => {
  const window = await openRun(runAt('notify-customers', MESSAGE));
  await window.press('m');
  await soon(() => window.get('copy').textContent()).toContain('Copied');
  expect(await window.page.evaluate(() => navigator.clipboard.readText())).toBe(MESSAGE.message!.text);
  await window.get('to-library').click();
  await window.press('m', 'c');
  expect(await window.get('library').isVisible()).toBe(true);
});

test('T shows and hides the timeline on a narrow screen, and N brings it', async () => {
  const window = await openRun(restoring(WORK.planned), { size: { width: 960, height: 640 } });
  const timeline = window.get('timeline');
  expect(await timeline.isVisible()).toBe(false);
  await window.press('t');
  await timeline.waitFor();
  await window.press('t');
  await timeline.waitFor({ state: 'hidden' });
  await window.press('n');
  await soon(() => focused(window)).toBe('note');
  expect(await timeline.isVisible()).toBe(true);
});

test('E opens the exports, Esc closes them and gives the focus back', async () => {
  const window = await planned();
  await window.press('e');
  await soon(() => focused(window)).toBe('export');
  await window.press('Tab');
  await soon(() => focused(window)).toBe('export-md');
  await window.press('Escape');
  await window.get('export-md').waitFor({ state: 'detached' });
  expect(await focused(window)).toBe('export');
});

test('/ finds a step: ⏎ looks at the first that fits', async () => {
  const window = await planned();
  await window.press('/');
  await soon(() => focused(window)).toBe('find');
  await window.page.keyboard.type('tell');
  await window.press('Enter');
  await soon(() => window.page.locator('#step-title').textContent()).toBe('Tell customers');
  expect(await window.get('step-row-restore').isVisible()).toBe(false);
  expect(await window.sent()).toEqual([]);
});

test('Esc leaves what is searched for, and every word of it', async () => {
  const window = await planned();
  await window.get('find').fill('tell');
  await window.get('find').press('Escape');
  await soon(() => focused(window)).toBe(null);
  expect(await window.get('find').inputValue()).toBe('tell');
});

test('/ finds in the library', async () => {
  const window = await open();
  await window.press('/');
  await window.page.keyboard.type('datto');
  await window.get('runbook-restore-badge-photos').waitFor({ state: 'detached' });
  expect(await window.get('runbook-restore-on-premises').isVisible()).toBe(true);
});

test('? lists the keys, those of a run only there, and Esc closes the list', async () => {
  const window = await open();
  await window.press('?');
  await window.get('keys').waitFor();
  const few = await window.get('keys').locator('dd').allTextContents();
  expect(few).toEqual(['Find', 'All keys', 'Close, or leave a field; what you typed stays']);
  await window.press('Escape');
  await window.get('keys').waitFor({ state: 'detached' });

  const run = await planned();
  await run.press('?');
  await run.get('keys').waitFor();
  expect(await run.get('keys').locator('dt').allInnerTexts()).toContain('Space');
  expect((await run.get('keys').locator('dd').count()) > few.length).toBe(true);
});

describe('no key acts', () => {
  const LETTERS = 'jkgncte/?19 ';

  test.each(['note', 'find', 'approver'])('while somebody types into %s', async (field) => {
    const window = await planned();
    await window.settled();
    const asked = window.calls.length;
    await window.get(field).click();
    await window.page.keyboard.type(LETTERS);
    expect(await window.get(field).inputValue()).toBe(LETTERS);
    expect(await focused(window)).toBe(field);
    expect(window.calls.slice(asked)).toEqual([]);
    expect(await window.page.getByRole('dialog').count()).toBe(0);
  });

  test('behind a dialog', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete', 'skip'] }));
    await window.settled();
    const asked = window.calls.length;
    await window.press('?');
    await window.get('keys').waitFor();
    await window.press('j', 'k', 'n', 'e', '/', '1');
    expect(await window.get('keys').isVisible()).toBe(true);
    expect(window.calls.slice(asked)).toEqual([]);
  });

  test('with Ctrl, Alt or Meta', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete', 'skip'] }));
    await window.settled();
    const asked = window.calls.length;
    await window.press('Control+Enter', 'Alt+k', 'Meta+g', 'Control+Space');
    await window.sent();
    expect(window.calls.slice(asked)).toEqual([]);
  });
});

describe('a held key', () => {
  test('takes one move', async () => {
    const window = await manual();
    await window.settled();
    await hold(window, 'Enter');
    expect(await window.sent()).toHaveLength(1);
    await window.get('move-complete').focus();
    await hold(window, 'Enter');
    expect(await window.sent()).toHaveLength(2);
  });

  test('ticks one check', async () => {
    const window = await openRun(runAt('stop-writers', { checks: CHECKS, moves: ['complete'] }));
    await hold(window, ' ');
    await soon(() => window.submitted).toHaveLength(1);
  });

  test('looks one step on, and opens one timeline', async () => {
    const window = await openRun(restoring(WORK.planned), { size: { width: 960, height: 640 } });
    await hold(window, 'j');
    await soon(() => window.page.locator('#step-title').textContent()).toBe('Verify the photos');
    expect(window.asked('step')).toBe(1);
    await hold(window, 't');
    expect(await window.get('timeline').isVisible()).toBe(true);
  });
});
