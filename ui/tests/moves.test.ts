/** Each move is one command, to the letter. */
import { describe, expect, test } from 'vitest';

import type { Command } from '../src/lib/types/Command';
import type { Move } from '../src/lib/types/Move';
import type { StepDetail } from '../src/lib/types/StepDetail';
import { DECISION, MANUAL, MESSAGE, RECORD, SUMMARY, WAIT, WORK, action, restoring, runAt } from './fixtures';
import { open, openRun, soon } from './window';

const undecided = { ...WORK.planned, summary: { ...SUMMARY, undecided: 2 } };
const reading = (move: Move) =>
  runAt('survey', { moves: [move, 'skip'], action: action('photos.survey', { is: 'idle' }) });

const MOVES: [Move, string, ReturnType<typeof runAt>, Command][] = [
  ['complete', 'Mark the step as done', runAt('writers-on', { moves: ['complete', 'skip'] }), { do: 'complete', step: 'writers-on', record: null }],
  ['complete', 'Mark the message as sent', runAt('notify-customers', MESSAGE), { do: 'complete', step: 'notify-customers', record: null }],
  ['complete', 'Go on to the next step', restoring(WORK.verified), { do: 'complete', step: 'restore', record: null }],
  ['complete', 'Finish the run', runAt('close', { moves: ['complete'] }), { do: 'complete', step: 'close', record: null }],
  ['read', 'Survey the photos', reading('read'), { do: 'read', step: 'survey' }],
  ['plan', 'Plan the restore', restoring(WORK.idle), { do: 'plan', step: 'restore', with: {} }],
  ['plan', 'Make a new plan', restoring(WORK.failed), { do: 'plan', step: 'restore', with: {} }],
  ['plan_again', 'Plan again', restoring(WORK.planned), { do: 'plan', step: 'restore', with: {} }],
  [
    'ties_photo',
    'Plan again, undecided keys are photos',
    restoring(undecided, { moves: ['approve', 'ties_photo', 'ties_deleted'] }),
    { do: 'plan', step: 'restore', with: { ties: 'photo' } },
  ],
  [
    'ties_deleted',
    'Plan again, undecided keys are deleted',
    restoring(undecided, { moves: ['approve', 'ties_photo', 'ties_deleted'] }),
    { do: 'plan', step: 'restore', with: { ties: 'deleted' } },
  ],
  ['apply_again', 'Go on with the approved plan', restoring(WORK.in_doubt), { do: 'apply_again', step: 'restore' }],
  ['check_again', 'Check again', restoring(WORK.in_doubt), { do: 'check_again', step: 'restore' }],
  ['start_wait', 'Start the wait', runAt('settle', { ...WAIT, moves: ['start_wait'] }), { do: 'start_wait', step: 'settle' }],
  [
    'follow_failure',
    'It failed: stop. Call the Technical Operations Lead',
    runAt('writers-on', { moves: ['complete', 'follow_failure'] }),
    { do: 'follow_failure', step: 'writers-on' },
  ],
];

test.each(MOVES)('%s, “%s”', async (move, words, view, command) => {
  const window = await openRun(view);
  const button = window.get(move.startsWith('ties_') ? move : `move-${move}`);
  expect((await button.innerText()).trim()).toBe(words);
  await button.click();
  await soon(() => window.submitted).toEqual([command]);
  expect(window.calls.at(-1)?.args.run).toBe(view.id);
});

test('only the moves that Rust offers are there, the primary one first', async () => {
  const window = await openRun(restoring(WORK.planned));
  const moves = await window.page.locator('[data-testid^=move-]').allInnerTexts();
  expect(moves.map((text) => text.trim())).toEqual(['Approve and restore', 'Refuse the plan…', 'Plan again', 'Skip with a reason…']);
});

describe('checks', () => {
  test('are ticked, and their tick is taken back', async () => {
    const window = await openRun(runAt('stop-writers', MANUAL));
    await window.get('check-1').click();
    await soon(() => window.submitted).toEqual([{ do: 'tick', step: 'stop-writers', check: 1 }]);
    await window.get('check-0').click();
    await soon(() => window.submitted.at(-1)).toEqual({ do: 'untick', step: 'stop-writers', check: 0 });
  });

  test('stay as Rust says they are, and say who ticked them when', async () => {
    const window = await openRun(runAt('stop-writers', MANUAL));
    await window.get('check-1').click();
    await soon(() => window.submitted).toHaveLength(1);
    expect(await window.get('check-1').isChecked()).toBe(false);
    expect(await window.text()).toContain('03:05:31 UTC, Sam Ortega');
  });

  test('block the step, in words, and can only be looked at elsewhere', async () => {
    const window = await openRun(runAt('stop-writers', MANUAL));
    expect(await window.get('move-complete').isDisabled()).toBe(true);
    expect(await window.get('blocked').textContent()).toBe('Tick 1 more check.');
    const elsewhere = await openRun(restoring(WORK.planned), { replies: { step: () => runAt('stop-writers', MANUAL).step } });
    await elsewhere.get('step-row-stop-writers').click();
    await elsewhere.get('looking').waitFor();
    expect(await elsewhere.get('check-1').isDisabled()).toBe(true);
    expect(await elsewhere.page.locator('[data-testid^=move-]').count()).toBe(0);
  });
});

test('a decision is sent when one is chosen', async () => {
  const window = await openRun(runAt('customers', DECISION));
  expect(await window.get('move-decide').isDisabled()).toBe(true);
  expect(await window.get('blocked').textContent()).toBe('Choose one first.');
  await window.get('option-no').click();
  await window.get('move-decide').click();
  await soon(() => window.submitted).toEqual([{ do: 'decide', step: 'customers', choice: 'no' }]);
});

test('a wait is over when its time has come', async () => {
  const window = await openRun(runAt('settle', WAIT));
  expect(await window.get('move-complete').isDisabled()).toBe(true);
  expect(await window.get('blocked').textContent()).toBe('The wait ends at 03:25:00 UTC.');
  await window.page.clock.fastForward('11:00');
  await window.get('move-complete').click();
  await soon(() => window.submitted).toEqual([{ do: 'complete', step: 'settle', record: null }]);
});

describe('what a step asks to write down', () => {
  const RECORDS: [string, string, string][] = [
    ['text', '  Ten badges,\nas they were  ', 'Ten badges,\nas they were'],
    ['number', ' 1204 ', '1204'],
    ['time', '2026-11-24 03:14', '2026-11-24T03:14:00Z'],
    ['time', '2026-11-23 22:14:07-05:00', '2026-11-23T22:14:07-05:00'],
    ['time', 'around three', 'around three'],
    ['file', '/home/sam/evidence.pdf', '/home/sam/evidence.pdf'],
  ];

  test.each(RECORDS)('a %s: %j', async (record, typed, sent) => {
    const window = await openRun(runAt('spot-check', { ...RECORD, record } satisfies Partial<StepDetail>));
    expect(await window.get('move-complete').isDisabled()).toBe(true);
    await window.get('record').fill(typed);
    await window.get('move-complete').click();
    await soon(() => window.submitted).toEqual([{ do: 'complete', step: 'spot-check', record: sent }]);
  });

  test('spaces are nothing', async () => {
    const window = await openRun(runAt('spot-check', RECORD));
    await window.get('record').fill('  \n ');
    expect(await window.get('blocked').textContent()).toBe('Write down what the step asks for.');
  });

  test('the time now is a button', async () => {
    const window = await openRun(runAt('spot-check', { ...RECORD, record: 'time' }));
    await window.page.getByRole('button', { name: 'Use the time now' }).click();
    expect(await window.get('record').inputValue()).toMatch(/^2026-11-24 03:14:\d\d$/);
    await window.settled();
    await window.get('record').press('Enter');
    await soon(() => window.submitted).toHaveLength(1);
  });
});

describe('a note', () => {
  test('is added with ⏎, about the step on the screen, and the field is empty again', async () => {
    const window = await openRun(restoring(WORK.planned));
    expect(await window.get('note-submit').isDisabled()).toBe(true);
    await window.get('note').fill('the card office called again ');
    await window.get('note').press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'note', text: 'the card office called again', step: 'restore', tag: null }]);
    await soon(() => window.get('note').inputValue()).toBe('');
    await window.press('Escape', 'k');
    await window.get('looking').waitFor();
    await window.get('note').fill('612 is right');
    await window.get('note-submit').click();
    await soon(() => window.submitted.at(-1)).toEqual({ do: 'note', text: '612 is right', step: 'survey', tag: null });
  });

  test('may have several lines', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.get('note').click();
    await window.page.keyboard.type('one');
    await window.press('Shift+Enter');
    await window.page.keyboard.type('two');
    await window.press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'note', text: 'one\ntwo', step: 'restore', tag: null }]);
  });

  test('can be added when the run has ended', async () => {
    const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z' }));
    await window.get('note').fill('all told');
    await window.get('note-submit').click();
    await soon(() => window.submitted).toEqual([{ do: 'note', text: 'all told', step: null, tag: null }]);
  });
});

test('one thing is sent at a time', async () => {
  let done = () => {};
  const view = runAt('stop-writers', MANUAL);
  const window = await openRun(view, { replies: { submit: () => new Promise((resolve) => (done = () => resolve(view))) } });
  await window.press(' ', ' ', ' ');
  await window.get('check-0').click();
  expect(await window.sent()).toHaveLength(1);
  done();
  await soon(async () => (await window.press(' '), window.submitted.length)).toBe(2);
});

test('opening the library asks for nothing but the library', async () => {
  const window = await open();
  expect(window.calls.filter(({ command }) => !command.startsWith('plugin:')).map(({ command }) => command)).toEqual(['library']);
});
