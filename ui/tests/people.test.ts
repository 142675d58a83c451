/** Who takes part: they join, leave and hand over, and a step that is for people of one role says who does it. */
import { describe, expect, test } from 'vitest';

import { DECISION, PEOPLE, RECORD, TIMELINE, WORK, restoring, runAt } from './fixtures';
import { Refusal, type Window, openRun, soon } from './window';

const at = (view = restoring(WORK.planned, {}, { people: PEOPLE.slice(0, 4) })) => openRun(view);
const focused = (window: Window) => window.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
const sent = (window: Window) => window.calls.filter(({ command }) => command === 'submit').map(({ args }) => [args.command, args.by]);

describe('people', () => {
  test('are shown by P and from the bar: who is there with what, since when, and who left', async () => {
    const window = await at();
    await window.press('p');
    await window.get('people').waitFor();
    const there = (await window.get('person').allInnerTexts()).map((text) => text.split('\n').map((line) => line.trim()).filter(Boolean));
    expect(there.map(([name]) => name)).toEqual(['Sam Ortega', 'Dana Whitfield', PEOPLE[2]!.name]);
    expect(there[0]![1]).toBe('operator · since 02:43:17 UTC');
    expect(there[2]![1]).toBe('incident commander, scribe, approver · since 02:45:17 UTC');
    expect(await window.get('gone').allInnerTexts()).toEqual([expect.stringMatching(/Robin Falk\s+scribe · 02:46:17 UTC to 03:01:12 UTC/)]);
    await window.press('Escape');
    await window.get('people').waitFor({ state: 'detached' });
    await window.get('people-open').click();
    await window.get('people').waitFor();
  });

  test('join with a role, but not as the operator', async () => {
    const window = await at();
    await window.press('p');
    const roles = await window.get('joining-role').locator('option').allInnerTexts();
    expect(roles).toEqual(['approver', 'incident commander', 'scribe', 'facilitator', 'observer']);
    expect(await focused(window)).toBe('joining');
    await window.press('Enter');
    expect(await window.sent()).toEqual([]);
    const typed = ' Priya Natarajan ';
    await window.get('joining').fill(typed);
    await window.press('Escape');
    await window.press('p');
    expect(await window.get('joining').inputValue()).toBe(typed);
    await window.get('joining-role').selectOption('scribe');
    await window.get('joining').press('Enter');
    await soon(() => sent(window)).toEqual([[{ do: 'join', person: 'Priya Natarajan', role: 'scribe' }, null]]);
    await soon(() => window.get('joining').inputValue()).toBe('');
    expect(await window.get('said').textContent()).toBe('Priya Natarajan joined: scribe.');
  });

  test('leave, all but the operator; the focus stays in the dialog', async () => {
    const people = PEOPLE.slice(0, 2);
    const after = restoring(WORK.planned, {}, { people: [people[0]!, { ...people[1]!, left: '2026-11-24T03:14:30Z' }], entries: TIMELINE.length + 1 });
    const window = await openRun(restoring(WORK.planned, {}, { people }), { replies: { submit: () => after } });
    await window.press('p');
    const leave = window.page.getByRole('button', { name: 'leaves now' });
    expect(await leave.count()).toBe(1);
    await leave.click();
    await soon(() => sent(window)).toEqual([[{ do: 'leave', person: 'Dana Whitfield' }, null]]);
    await window.get('gone').waitFor();
    expect(await focused(window)).toBe('joining');
  });

  test('hand the run over, told what it means, in two steps; the bar follows', async () => {
    const after = restoring(WORK.planned, {}, { operator: 'Dana Whitfield', people: [{ ...PEOPLE[1]!, roles: ['approver', 'operator'] }], entries: TIMELINE.length + 1 });
    const window = await openRun(restoring(WORK.planned, {}, { people: PEOPLE.slice(0, 2) }), { replies: { submit: () => after } });
    await window.press('p');
    await window.get('hand-over').click();
    await soon(() => focused(window)).toBe('heir');
    expect(await window.get('handing').innerText()).toContain('From then on everything in this run is done in the name of the new operator. Sam Ortega stays, without that role, until they leave.');
    const submit = window.get('hand-over-submit');
    expect(await submit.isDisabled()).toBe(true);
    await window.get('heir').fill('sam ortega ');
    expect(await submit.isDisabled()).toBe(true);
    await window.press('Enter');
    expect(await window.get('handing').innerText()).toContain('Sam Ortega runs this already.');
    expect(await window.sent()).toEqual([]);
    await window.get('heir').fill('Dana Whitfield');
    expect((await submit.innerText()).trim()).toBe('Hand the run over to Dana Whitfield');
    await submit.click();
    await soon(() => sent(window)).toEqual([[{ do: 'hand_over', to: 'Dana Whitfield' }, null]]);
    await window.get('handing').waitFor({ state: 'detached' });
    await window.press('Escape');
    await soon(() => window.get('people-open').innerText()).toContain('operator Dana Whitfield');
  });

  test('keep what was typed when Rust refuses, and are told in the dialog', async () => {
    const refusal = new Refusal({ what: 'The journal is full.', next: 'Make room on the disk.' });
    const window = await openRun(restoring(WORK.planned), { replies: { submit: () => refusal } });
    await window.press('p');
    await window.get('joining').fill('Priya Natarajan');
    await window.press('Enter');
    await soon(() => window.get('people').getByRole('alert').allTextContents()).toEqual(['The journal is full. Make room on the disk.']);
    expect(await window.get('joining').inputValue()).toBe('Priya Natarajan');
  });

  test('are only shown once the run has ended', async () => {
    const window = await at(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', people: PEOPLE }));
    await window.press('p');
    expect(await window.get('person').count()).toBe(12);
    expect(await window.get('people').getByRole('button').allInnerTexts()).toEqual([expect.stringContaining('Close')]);
  });
});

describe('a step for people of one role', () => {
  const ROLE = 'incident commander';

  test('is done in the name of the only one', async () => {
    const window = await openRun(runAt('writers-on', { moves: ['complete', 'skip'], role: ROLE, holders: ['Dana Whitfield'] }));
    await window.settled();
    expect(await window.page.getByLabel(`Done by the ${ROLE}`).inputValue()).toBe('Dana Whitfield');
    await window.get('current-step').getByText(`for the ${ROLE}`).waitFor();
    await window.press('Enter');
    await soon(() => sent(window)).toEqual([[{ do: 'complete', step: 'writers-on', record: null }, 'Dana Whitfield']]);
  });

  test('asks which of them', async () => {
    const window = await openRun(runAt('customers', { ...DECISION, role: ROLE, holders: ['Dana Whitfield', 'Robin Falk'] }));
    await window.settled();
    await window.press('1');
    expect(await window.get('blocked').innerText()).toBe('Choose who does it.');
    expect(await window.get('move-decide').isDisabled()).toBe(true);
    await window.get('doer').selectOption('Robin Falk');
    await window.get('move-decide').click();
    await soon(() => sent(window)).toEqual([[{ do: 'decide', step: 'customers', choice: 'yes' }, 'Robin Falk']]);
  });

  test('says that nobody has it yet, and leads to who joins as that', async () => {
    const window = await openRun(runAt('spot-check', { ...RECORD, role: ROLE, holders: [] }));
    await window.get('record').fill('Ten of ten');
    await window.settled();
    expect(await window.get('move-complete').isDisabled()).toBe(true);
    expect(await window.get('nobody').innerText()).toContain(`Nobody is the ${ROLE} yet.`);
    await window.get('nobody-people').click();
    expect(await window.get('joining-role').inputValue()).toBe('incident-commander');
    const next = runAt('spot-check', { ...RECORD, role: ROLE, holders: ['Dana Whitfield'] }, { entries: TIMELINE.length + 1 });
    window.answer({ submit: () => next });
    await window.get('joining').fill('Dana Whitfield');
    await window.press('Enter');
    await window.press('Escape');
    await window.get('move-complete').click();
    await soon(() => sent(window)).toEqual([
      [{ do: 'join', person: 'Dana Whitfield', role: 'incident-commander' }, null],
      [{ do: 'complete', step: 'spot-check', record: 'Ten of ten' }, 'Dana Whitfield'],
    ]);
  });

  test('is anybody’s in an exercise, and skipped in the operator’s name', async () => {
    const window = await openRun(runAt('writers-on', { moves: ['complete', 'skip'], role: ROLE }, { mode: 'exercise', strict: false }));
    await window.settled();
    expect(await window.get('doer').count()).toBe(0);
    await window.get('move-complete').click();
    await soon(() => sent(window)).toEqual([[{ do: 'complete', step: 'writers-on', record: null }, null]]);
  });
});
