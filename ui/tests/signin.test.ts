/** Approving where it counts: a second person signs in, may refuse, and what is left when nobody can be asked. */
import { describe, expect, test } from 'vitest';

import { discarding } from './database';
import { DIGEST, SIGNED_UP, TIMELINE, WORK, restoring } from './fixtures';
import { type Replies, Refusal, type Window, openRun, soon } from './window';

const WORDS = 'four words of the sea';
const TARGET = 'portal-restore-7f3a9c';

const planned = (replies: Replies = {}) => openRun(restoring(WORK.planned), { replies });
const glazed = () => openRun(restoring(WORK.planned, {}, { break_glass: true }));
const focused = (window: Window) => window.page.evaluate(() => document.activeElement?.id);
const asked = (window: Window, name: string) => window.calls.filter(({ command }) => command === name).map(({ args }) => args);

async function name(window: Window, who = 'Dana Whitfield') {
  await window.settled();
  await window.get('approver').fill(who);
  await window.get('approver').press('Tab');
  await window.get('signing-about').waitFor();
}

/** Everything that the window keeps, shows or wrote into its page. */
const kept = (window: Window) =>
  window.page.evaluate(() =>
    JSON.stringify([
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      document.documentElement.outerHTML,
      [...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
    ]),
  );

describe('a second person', () => {
  test('signs the plan on the screen with their passphrase, of which nothing stays', async () => {
    const after = { ...restoring(WORK.applying), entries: TIMELINE.length + 1 };
    const window = await planned({ approve_signed: () => after });
    await name(window, ' Dana Whitfield ');
    expect(await focused(window)).toBe('passphrase');
    expect(await window.get('again').count()).toBe(0);
    expect(await window.get('passphrase').getAttribute('type')).toBe('password');
    expect(await window.get('signs').innerText()).toBe('Signs plan 9f3a…c210 with the passphrase of 2026-11-02 09:12:40 UTC');
    await window.get('signs').getByRole('button').click();
    expect(await window.get('signs').innerText()).toContain(DIGEST);
    await window.get('passphrase').fill(WORDS);
    await window.get('move-approve').click();
    const { id: run } = after;
    const sent = { run, step: 'restore', digest: DIGEST, by: 'Dana Whitfield', passphrase: WORDS, typed: null };
    await soon(() => asked(window, 'approve_signed')).toEqual([sent]);
    await window.get('approval').waitFor({ state: 'detached' });
    expect(asked(window, 'signed_up')).toEqual([{ name: 'Dana Whitfield' }]);
    expect(await window.sent()).toEqual([]);
    expect(window.asked('sign_up')).toBe(0);
    expect(await kept(window)).not.toContain(WORDS);
  });

  test('does so by ⏎: in the name’s field it asks for the passphrase, there it approves, once', async () => {
    const window = await planned();
    await window.settled();
    await window.get('approver').fill('Dana Whitfield');
    await window.press('Enter');
    await soon(() => focused(window)).toBe('passphrase');
    expect(await window.get('signing-wrong').innerText()).toBe('Dana Whitfield signs in with their passphrase. Ask them to type it.');
    await window.get('passphrase').fill(WORDS);
    expect(await window.get('signing-wrong').count()).toBe(0);
    await window.press('Enter', 'Enter');
    await soon(() => asked(window, 'approve_signed').map(({ passphrase }) => passphrase)).toEqual([WORDS]);
  });

  test.each(['', 'sam ortega'])('is not %j', async (who) => {
    const window = await planned();
    await window.settled();
    await window.get('passphrase').fill(WORDS);
    await window.get('approver').fill(who);
    await window.get('move-approve').click();
    await soon(() => window.page.getByRole('alert').textContent()).toMatch(/a second person/i);
    expect(await focused(window)).toBe('approver');
    expect(window.asked('approve_signed')).toBe(0);
  });

  test('chooses a passphrase the first time, twice the same and long enough', async () => {
    const window = await planned({ signed_up: () => null });
    await name(window);
    expect(await window.page.getByLabel('Choose a passphrase').isVisible()).toBe(true);
    expect(await window.get('signing-about').innerText()).toMatch(/^Dana Whitfield has no passphrase on this computer yet\. .*kept nowhere.*timeline says/);
    const refused: [string, string, string, string][] = [
      ['', '', 'passphrase', 'A new passphrase has at least 12 characters. Ask Dana Whitfield to type it.'],
      ['eleven char', 'eleven char', 'passphrase', 'A new passphrase has at least 12 characters. 1 more is needed.'],
      [WORDS, `${WORDS} `, 'again', 'The two are not the same. Type the second one again.'],
    ];
    for (const [one, two, field, words] of refused) {
      await window.get('passphrase').fill(one);
      await window.get('again').fill(two);
      await window.get('move-approve').click();
      await soon(async () => (await window.get('signing-wrong').count()) && window.get('signing-wrong').innerText()).toBe(words);
      expect(await window.get(field).getAttribute('aria-invalid')).toBe('true');
      expect(await focused(window)).toBe(field);
    }
    expect(window.asked('sign_up') + window.asked('approve_signed')).toBe(0);
    await window.get('again').fill(WORDS);
    await window.press('Enter');
    await soon(() => asked(window, 'approve_signed')).toHaveLength(1);
    expect(asked(window, 'sign_up')).toEqual([{ name: 'Dana Whitfield', passphrase: WORDS }]);
    expect(asked(window, 'approve_signed')[0]).toMatchObject({ by: 'Dana Whitfield', passphrase: WORDS });
    expect(await kept(window)).not.toContain(WORDS);
  });

  test('is somebody else when the name changes: nothing typed for one counts for the other', async () => {
    const window = await planned({ signed_up: ({ name }) => (name === 'Robin Falk' ? null : SIGNED_UP) });
    await name(window);
    await window.get('passphrase').fill(WORDS);
    await window.get('approver').fill('Robin Falk');
    expect(await window.get('passphrase').inputValue()).toBe('');
    await window.get('approver').press('Tab');
    await window.get('again').waitFor();
    await window.get('approver').fill('Dana Whitfield');
    await window.get('approver').press('Tab');
    await window.get('again').waitFor({ state: 'detached' });
    expect(asked(window, 'signed_up').map(({ name }) => name)).toEqual(['Dana Whitfield', 'Robin Falk', 'Dana Whitfield']);
  });

  test('is told of a wrong passphrase beside it, and types only that again', async () => {
    const refusal = new Refusal({ what: 'That is not the passphrase of Dana Whitfield.', next: 'Ask them to type it again.' });
    const window = await openRun(discarding(), { replies: { approve_signed: () => refusal } });
    await window.get('target').fill(TARGET);
    await name(window);
    await window.get('passphrase').fill('four words of the see');
    await window.press('Enter');
    const wrong = window.get('signing-wrong');
    await soon(async () => (await wrong.count()) && wrong.innerText()).toBe('That is not the passphrase of Dana Whitfield. Ask them to type it again.');
    const values = ['target', 'approver', 'passphrase'].map((id) => window.get(id).inputValue());
    expect(await Promise.all(values)).toEqual([TARGET, 'Dana Whitfield', '']);
    expect(await window.get('passphrase').getAttribute('aria-invalid')).toBe('true');
    expect(await focused(window)).toBe('passphrase');
    expect(await window.get('problem').count()).toBe(0);
    window.answer({ approve_signed: () => discarding() });
    await window.get('passphrase').fill(WORDS);
    await window.press('Enter');
    await soon(() => asked(window, 'approve_signed').map(({ typed, passphrase }) => [typed, passphrase])).toEqual([
      [TARGET, 'four words of the see'],
      [TARGET, WORDS],
    ]);
  });

  test('is told of a refusal even when they look at another step meanwhile', async () => {
    let refuse = (_: Refusal) => {};
    const answer = new Promise<Refusal>((resolve) => (refuse = resolve));
    const window = await planned({ approve_signed: () => answer });
    await name(window);
    await window.get('passphrase').fill(WORDS);
    await window.get('move-approve').click();
    await soon(() => window.asked('approve_signed')).toBe(1);
    await window.press('k');
    await window.get('looking').waitFor();
    refuse(new Refusal({ what: 'That is not the passphrase of Dana Whitfield.', next: 'Ask them to type it again.' }));
    await soon(async () => (await window.get('problem').count()) && window.get('problem').innerText()).toContain('not the passphrase');
  });

  test('is not lost over a repaint; the passphrase is, over another plan, another step and a restart', async () => {
    const window = await planned();
    await name(window);
    await window.get('passphrase').fill(WORDS);
    await window.send('run', { ...restoring(WORK.planned), entries: TIMELINE.length + 1 });
    await window.press('Escape');
    expect(await window.get('passphrase').inputValue()).toBe(WORDS);
    await window.press('k');
    await window.get('looking').waitFor();
    await window.press('g');
    await soon(() => window.get('passphrase').inputValue()).toBe('');
    expect(await window.get('approver').inputValue()).toBe('Dana Whitfield');
    await window.get('passphrase').fill(WORDS);
    await window.send('run', { ...restoring({ ...WORK.planned, digest: `aa${DIGEST.slice(2)}` }), entries: TIMELINE.length + 2 });
    await soon(() => window.get('passphrase').inputValue()).toBe('');
    expect(await kept(window)).not.toContain(WORDS);
  });

  test('can’t sign without a keychain: what Rust says stands there, and so does the glass', async () => {
    const refusal = new Refusal({ what: 'The keychain can’t be opened.', next: 'Unlock it, then approve.' });
    const window = await openRun(restoring(WORK.planned, {}, { break_glass: true }), { replies: { signed_up: () => refusal } });
    await window.settled();
    await window.get('approver').fill('Dana Whitfield');
    await window.press('Tab');
    await soon(async () => (await window.get('signing-wrong').count()) && window.get('signing-wrong').innerText()).toBe('The keychain can’t be opened. Unlock it, then approve.');
    await window.get('passphrase').fill(WORDS);
    expect(await window.get('signing-wrong').isVisible()).toBe(true);
    expect(await window.get('break-glass').isVisible()).toBe(true);
    window.answer({ signed_up: () => SIGNED_UP });
    await window.press('Enter');
    await soon(() => window.asked('approve_signed')).toBe(1);
  });
});

describe('a plan is refused', () => {
  const refused = (window: Window) => asked(window, 'submit').map(({ command, by }) => [command.do, by]);
  const refuse = async (window: Window) => {
    await window.get('reason').fill('The moment is an hour too early.');
    await window.get('reason-submit').click();
  };

  test('by the second person, once they are named', async () => {
    const window = await planned();
    await window.get('approver').fill('Dana Whitfield');
    await window.get('move-refuse').click();
    expect(await window.get('reason-by').inputValue()).toBe('Dana Whitfield');
    await refuse(window);
    await soon(() => refused(window)).toEqual([['refuse', 'Dana Whitfield']]);
  });

  test('by the operator, or whoever is named there', async () => {
    const window = await planned();
    await window.get('move-refuse').click();
    expect(await window.get('reason-by').inputValue()).toBe('Sam Ortega');
    await refuse(window);
    await window.get('reason-dialog').waitFor({ state: 'detached' });
    await window.get('move-refuse').click();
    await window.get('reason-by').fill(' Robin Falk ');
    await refuse(window);
    await soon(() => refused(window)).toEqual([['refuse', null], ['refuse', 'Robin Falk']]);
  });
});

describe('the glass', () => {
  test('is there only where the runbook lets it be broken, and a second person is asked for', async () => {
    const here = async (view: Parameters<typeof openRun>[0]) => (await openRun(view)).get('break-glass').count();
    expect(await here(restoring(WORK.planned))).toBe(0);
    expect(await here(restoring(WORK.planned, { second_person: false }, { break_glass: true }))).toBe(0);
    expect(await here(restoring(WORK.planned, {}, { break_glass: true, strict: false, mode: 'exercise' }))).toBe(0);
    expect(await here(restoring(WORK.planned, {}, { break_glass: true }))).toBe(1);
  });

  test('is broken with a reason, by one person alone, who is told what that means', async () => {
    const window = await glazed();
    await window.get('break-glass').click();
    const means = window.get('reason-means');
    expect(await means.innerText()).toMatch(/^Sam Ortega goes on alone\.[^]*top of the timeline and of the review/);
    expect(await means.evaluate((element) => getComputedStyle(element).borderTopStyle)).toBe('double');
    const submit = window.get('reason-submit');
    expect((await submit.innerText()).trim()).toBe('Break the glass: approve and restore');
    expect(await submit.isDisabled()).toBe(true);
    await window.get('reason').press('Enter');
    expect(await window.sent()).toEqual([]);
    await window.get('reason').fill('Nobody answers.');
    await window.press('Escape');
    await window.get('break-glass').click();
    expect(await window.get('reason').inputValue()).toBe('Nobody answers.');
    await submit.click();
    const command = { do: 'break_glass', step: 'restore', digest: DIGEST, reason: 'Nobody answers.', typed: null };
    await soon(() => asked(window, 'submit').map(({ command, by }) => [command, by])).toEqual([[command, null]]);
  });

  test('takes the name of what will be gone too', async () => {
    const window = await openRun({ ...discarding(), break_glass: true });
    await window.get('break-glass').click();
    expect(await window.get('reason-means').innerText()).toContain(`This deletes ${TARGET}. It can’t be undone.`);
    await window.get('reason').fill('Nobody answers.');
    await window.press('Enter');
    for (const wrong of ['portal', `${TARGET}.`]) {
      await window.get('reason-target').fill(wrong);
      expect(await window.get('reason-submit').isDisabled()).toBe(true);
    }
    expect(await window.sent()).toEqual([]);
    await window.get('reason-target').fill(TARGET);
    expect((await window.get('reason-submit').innerText()).trim()).toBe(`Break the glass: delete ${TARGET}`);
    await window.get('reason-submit').click();
    await soon(() => window.submitted).toEqual([{ do: 'break_glass', step: 'discard', digest: DIGEST, reason: 'Nobody answers.', typed: TARGET }]);
  });

  test('stays broken for everybody to see', async () => {
    const window = await openRun(restoring(WORK.planned, {}, { broke_glass: true }));
    const words = 'Glass broken: a plan was approved by one person alone';
    expect(await window.get('glass-broken').innerText()).toBe(words);
    await window.press('k');
    await window.get('looking').waitFor();
    expect(await window.get('glass-broken').isVisible()).toBe(true);
    expect(await (await planned()).get('glass-broken').count()).toBe(0);
  });
});
