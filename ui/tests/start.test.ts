/** Starting a run: a field for each kind of parameter, checked as Rust says, and the request that is sent. */
import { describe, expect, test } from 'vitest';

import { LIBRARY, TIMELINE, form, runAt } from './fixtures';
import { Refusal, type Replies, type Window, open, soon } from './window';

const GOOD = '2026-11-24 02:31:00';

async function start(replies: Replies = {}): Promise<Window> {
  const window = await open({ replies });
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  return window;
}

const modes = { start_form: () => form(['incident', 'rehearsal', 'exercise']) };
const requests = (window: Window) => window.calls.filter(({ command }) => command === 'start_run').map(({ args }) => args.request);
const checks = (window: Window) =>
  window.calls.filter(({ command }) => command === 'check_parameter').map(({ args }) => [args.name, args.value]);
const wrong = (window: Window) => window.page.locator('.wrong:not(:empty)').allInnerTexts();

describe('the request', () => {
  test('is what the form says', async () => {
    const window = await start({ start_run: () => runAt('stop-writers', {}, { mode: 'exercise' }) });
    await window.get('operator').fill(' Robin Falk ');
    await window.get('param-restore_to').fill('2026-11-24 01:10');
    await window.get('param-extra').getByText('delete').click();
    await window.get('param-notify').getByText('No').click();
    await window.get('param-organisations').fill('12');
    await window.get('param-patience').fill('');
    await window.get('param-patience').fill('30m');
    await window.get('param-region').selectOption('us-west-2');
    await window.get('param-ticket').fill(' OPS-7 ');
    await window.get('outage').fill('2026-11-24 02:32:12');
    await window.get('declared').fill('2026-11-24T02:43:17Z');
    await window.get('start-submit').click();
    await window.get('run').waitFor();
    expect(requests(window)).toEqual([
      {
        runbook: 'restore-badge-photos',
        mode: 'exercise',
        environment: 'practice',
        operator: 'Robin Falk',
        parameters: {
          restore_to: '2026-11-24T01:10:00Z',
          bucket: 'veonics-photos',
          prefix: 'photos/',
          extra: 'delete',
          notify: 'false',
          organisations: '12',
          patience: '30m',
          region: 'us-west-2',
          ticket: ' OPS-7 ',
        },
        outage_began: '2026-11-24T02:32:12Z',
        declared: '2026-11-24T02:43:17Z',
      },
    ]);
  });

  test('leaves out what was left empty', async () => {
    const window = await start({ start_run: () => runAt('stop-writers') });
    await window.get('param-restore_to-last-good').click();
    await window.get('param-prefix').fill('');
    await window.get('start-submit').click();
    await window.get('run').waitFor();
    const [request] = requests(window);
    expect(Object.keys(request.parameters)).toEqual(['restore_to', 'bucket', 'extra', 'notify', 'patience', 'region']);
    expect(request).toMatchObject({ operator: 'Sam Ortega', outage_began: null, declared: null });
  });

  test('is sent once, however often the button is pressed', async () => {
    let done = () => {};
    const window = await start({ start_run: () => new Promise((resolve) => (done = () => resolve(runAt('stop-writers')))) });
    await window.get('param-restore_to').fill(GOOD);
    await window.get('start-submit').dblclick();
    await soon(() => requests(window)).toHaveLength(1);
    done();
    await window.get('run').waitFor();
    expect(requests(window)).toHaveLength(1);
  });
});

describe('fields', () => {
  test('stand at the defaults of the environment', async () => {
    const window = await start();
    expect(await window.get('param-bucket').inputValue()).toBe('veonics-photos');
    expect(await window.get('param-extra').getByLabel('leave').isChecked()).toBe(true);
    expect(await window.get('param-notify').getByLabel('Yes').isChecked()).toBe(true);
    expect(await window.get('param-region').inputValue()).toBe('us-east-1');
    expect(await window.get('param-restore_to').inputValue()).toBe('');
  });

  test('of a time take the last good moment, or the time now, and say what it is here', async () => {
    const window = await start();
    await window.get('param-restore_to-last-good').click();
    expect(await window.get('param-restore_to').inputValue()).toBe(GOOD);
    await soon(() => window.text()).toContain('UTC, 2026-11-23 21:31:00 local');
    await window.get('param-restore_to-now').click();
    expect(await window.get('param-restore_to').inputValue()).toMatch(/^2026-11-24 03:14:\d\d$/);
  });

  test('of an outage take when the damage began, where the range tells', async () => {
    const outage = { ...form().parameters[0]!, name: 'outage', prompt: 'When the outage began', required: false };
    const window = await start({ start_form: () => ({ ...form(), parameters: [...form().parameters, outage] }) });
    await window.get('param-outage-outage').click();
    expect(await window.get('param-outage').inputValue()).toBe('2026-11-24 02:32:12');
    expect(await window.get('param-outage-last-good').count()).toBe(0);
    await window.get('outage-outage').click();
    expect(await window.get('outage').inputValue()).toBe('2026-11-24 02:32:12');
    expect(await window.get('briefing').innerText()).toContain('The damage began: 2026-11-24 02:32:12 UTC');
  });

  test('of an outage take the last good moment, where it does not', async () => {
    const scenario = { ...form().scenario!, damage_began: null };
    const outage = { ...form().parameters[0]!, name: 'outage' };
    const window = await start({ start_form: () => ({ ...form(), scenario, parameters: [outage] }) });
    await window.get('param-outage-last-good').click();
    expect(await window.get('param-outage').inputValue()).toBe(GOOD);
    expect(await window.get('outage-outage').count()).toBe(0);
    expect(await window.get('briefing').innerText()).not.toContain('The damage began');
  });

  test('of a region offer the ones that may be used, and none where the environment decides', async () => {
    const region = { ...form().parameters.find(({ name }) => name === 'region')!, default: null, required: false };
    const window = await start({ start_form: () => ({ ...form(), parameters: [region] }) });
    const options = await window.get('param-region').locator('option').allInnerTexts();
    expect(options).toEqual(['The environment decides', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2']);
    expect(await window.text()).toContain('May be left empty. Only regions in the United States');
  });

  test('say what they take, and which may be left empty', async () => {
    const window = await start();
    const text = await window.text();
    for (const words of ['A length of time, such as 90m or 24h.', 'May be left empty. A whole number.', 'Leave reports them; delete hides each behind a marker.']) {
      expect(text).toContain(words);
    }
  });
});

describe('checks', () => {
  test('are made by Rust when a field is left, and said beside it', async () => {
    const window = await start({
      check_parameter: ({ value }) => ({ value: null, problem: value === '15m' ? null : `${value} is no length of time: write 90m or 24h.` }),
    });
    await window.get('param-patience').fill('soon');
    await window.get('param-patience').blur();
    await soon(() => wrong(window)).toEqual(['soon is no length of time: write 90m or 24h.']);
    expect(checks(window)).toEqual([['patience', 'soon']]);
    expect(await window.get('param-patience').getAttribute('aria-invalid')).toBe('true');
    await window.get('param-patience').fill('15m');
    await window.get('param-patience').blur();
    await soon(() => wrong(window)).toEqual([]);
  });

  test('keep the run from starting, and lead to the first field that is wrong', async () => {
    const window = await start();
    await window.get('operator').fill('');
    await window.get('start-submit').click();
    await soon(() => wrong(window)).toEqual(['Give a name: every entry of the journal has one.', 'Needed to start.']);
    await soon(() => window.page.evaluate(() => document.activeElement?.id)).toBe('operator');
    expect(requests(window)).toEqual([]);
  });

  test('lead to a choice too', async () => {
    const window = await start({ check_parameter: ({ name }) => ({ value: null, problem: name === 'extra' ? 'delete needs a second person.' : null }) });
    await window.get('param-restore_to').fill(GOOD);
    await window.get('start-submit').click();
    await soon(() => window.page.evaluate(() => document.activeElement?.closest('[role=radiogroup]')?.getAttribute('data-testid'))).toBe('param-extra');
    expect(await wrong(window)).toEqual(['delete needs a second person.']);
  });

  test.each([
    ['outage', 'yesterday', 'Write it as 2026-11-24 03:14, in UTC.'],
    ['declared', '24.11.2026', 'Write it as 2026-11-24 03:14, in UTC.'],
    ['outage', '2026-11-25 00:00', 'It can’t begin after it was declared. Correct one of the two.'],
  ])('know the clocks: %s %s', async (field, typed, words) => {
    const window = await start();
    await window.get('param-restore_to').fill(GOOD);
    await window.get(field).fill(typed);
    await window.get('start-submit').click();
    await soon(() => wrong(window)).toEqual([words]);
    expect(requests(window)).toEqual([]);
  });
});

describe('the mode', () => {
  test('must be chosen where there is a choice, and frames the window from then on', async () => {
    const window = await start(modes);
    await window.get('param-restore_to').fill(GOOD);
    expect(await window.get('start-submit').isDisabled()).toBe(true);
    expect(await window.get('start-submit').innerText()).toBe('Choose a mode to start');
    await window.get('param-restore_to').press('Enter');
    expect(await window.get('frame').getAttribute('data-mode')).toBe(null);
    await window.get('mode-incident').click();
    expect(await window.get('start-submit').innerText()).toBe('Start the incident');
    expect(await window.get('frame').getAttribute('data-mode')).toBe('incident');
    expect(await window.text()).toMatch(/^INCIDENT\s+practice\s+account 000000000000/);
    await window.get('mode-rehearsal').click();
    expect(await window.text()).toMatch(/^REHEARSAL/);
    await window.page.getByRole('button', { name: 'Library' }).click();
    await window.get('library').waitFor();
    expect(await window.get('frame').getAttribute('data-mode')).toBe(null);
    expect(requests(window)).toEqual([]);
  });

  test('is there already where there is only one', async () => {
    const window = await start();
    expect(await window.get('start-submit').innerText()).toBe('Start the exercise');
    expect(await window.get('briefing').innerText()).toContain('A clean-up script deleted badge photos');
  });
});

describe('the environment', () => {
  test('brings its own modes and defaults, and one that can’t be used can’t be chosen', async () => {
    const production = { ...form(['incident', 'rehearsal']), parameters: form().parameters.map((one) => (one.name === 'bucket' ? { ...one, default: 'veonics-live' } : one)) };
    const window = await start({ start_form: ({ environment }) => (environment === 'production' ? production : form()) });
    const options = await window.get('environment').locator('option').evaluateAll((all) => all.map((one) => [one.textContent, (one as HTMLOptionElement).disabled]));
    expect(options[1]).toEqual(['rehearsal (account 210987654321), unusable', true]);
    await window.get('param-bucket').fill('typed-by-hand');
    await window.get('environment').selectOption('production');
    await soon(() => window.get('param-bucket').inputValue()).toBe('veonics-live');
    expect(await window.get('start-submit').isDisabled()).toBe(true);
    await window.get('environment').selectOption('practice');
    await soon(() => window.get('param-bucket').inputValue()).toBe('typed-by-hand');
  });

  test('that is missing is said', async () => {
    const window = await open({ replies: { library: () => ({ ...LIBRARY, environments: [] }) } });
    await window.get('start-restore-badge-photos').click();
    await soon(() => window.get('problem').innerText()).toContain('There is no environment to run on.');
  });
});

test('a start that Rust rejects says why, and keeps all that was typed, past a restart', async () => {
  const problem = { what: 'The account is 210987654321, not 000000000000.', next: 'Log in to the other one, then start again.' };
  const window = await start({ ...modes, start_run: () => new Refusal(problem) });
  await window.get('mode-rehearsal').click();
  await window.get('param-restore_to').fill(GOOD);
  await window.get('param-ticket').fill('OPS-7');
  await window.get('start-submit').click();
  await soon(() => window.get('problem').innerText()).toContain(`${problem.what} ${problem.next}`);
  const typed = async () => [await window.get('param-restore_to').inputValue(), await window.get('param-ticket').inputValue()];
  expect(await typed()).toEqual([GOOD, 'OPS-7']);
  await window.page.reload();
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  expect(await typed()).toEqual([GOOD, 'OPS-7']);
  await soon(() => window.get('start-submit').innerText()).toBe('Start the rehearsal');
});

test('what was started with is forgotten', async () => {
  const window = await start({ start_run: () => ({ ...runAt('stop-writers'), entries: TIMELINE.length }) });
  await window.get('param-restore_to').fill(GOOD);
  await window.get('param-ticket').fill('OPS-7');
  await window.get('start-submit').click();
  await window.get('run').waitFor();
  await window.get('to-library').click();
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  expect(await window.get('param-ticket').inputValue()).toBe('');
});
