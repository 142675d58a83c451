/** Whatever a runbook, a bucket or a person writes is text in the window: it runs nothing, loads nothing, leads nowhere. */
import { expect, test } from 'vitest';

import { HOSTILE, LIBRARY, MANUAL, TIMELINE, WORK, form, hostileRun, restoring, runAt } from './fixtures';
import { type Window, open, openRun, soon } from './window';

/** What was asked of the network since the window opened, but for its own fonts. */
function requests(window: Window): string[] {
  const asked: string[] = [];
  window.page.on('request', (request) => request.resourceType() !== 'font' && asked.push(request.url()));
  return asked;
}

async function isText(window: Window, shown: string) {
  await soon(() => window.text()).toContain(shown);
  expect(await window.page.title()).toBe('Lifeboat');
  expect(await window.page.locator('#app img, #app script, dialog img, dialog script').count()).toBe(0);
}

test('a run whose every name is markup', async () => {
  const window = await openRun(hostileRun());
  const asked = requests(window);
  await isText(window, HOSTILE);
  for (const place of ['plan', 'warnings', 'current-step', 'step-row-verify']) {
    expect(await window.get(place).innerText(), place).toContain(HOSTILE);
  }
  await window.get('move-skip').click();
  await isText(window, `Skip this step: ${HOSTILE}`);
  expect(asked).toEqual([]);
});

test('keys, from the shortest to all of a long one', async () => {
  const long = `photos/${HOSTILE.repeat(3)}.jpg`;
  const outcome = { ...WORK.verified.outcome, examples: [{ key: long, now: HOSTILE, becomes: HOSTILE }] };
  const window = await openRun(restoring({ ...WORK.verified, outcome }));
  await window.page.getByRole('button', { name: 'show all of it' }).first().click();
  await soon(() => window.get('key-whole').textContent()).toBe(long);
  await isText(window, HOSTILE);
});

test('entries of the timeline, and a note on its way there', async () => {
  const rows = TIMELINE.map((row) => ({ ...row, text: HOSTILE, actor: HOSTILE }));
  const window = await openRun(restoring(WORK.planned), { replies: { timeline: ({ after }) => rows.slice(after) } });
  await isText(window, HOSTILE);
  await window.get('note').fill(HOSTILE);
  await window.get('note').press('Enter');
  await soon(() => window.submitted).toEqual([{ do: 'note', text: HOSTILE, step: 'restore', tag: null }]);
});

test('messages, decisions, records and reasons', async () => {
  const window = await openRun(
    runAt('notify-customers', {
      message: { audience: HOSTILE, text: HOSTILE },
      options: [{ label: HOSTILE, leads_to: HOSTILE }],
      wait: { text: HOSTILE, began: null, ends: null },
      skipped: HOSTILE,
    }),
  );
  await isText(window, HOSTILE);
  expect(await window.get('message').innerText()).toContain(HOSTILE);
});

test('the library and the start form', async () => {
  const library = {
    ...LIBRARY,
    runbooks: LIBRARY.runbooks.map((card) => ({
      ...card,
      title: HOSTILE,
      owner: HOSTILE,
      systems: [HOSTILE],
      problems: [{ severity: 'warning', place: HOSTILE, message: HOSTILE, hint: HOSTILE }],
    })),
    runs: LIBRARY.runs.map((card) => ({ ...card, title: HOSTILE, at: HOSTILE, operator: HOSTILE })),
    environments: LIBRARY.environments.map((card) => ({ ...card, region: HOSTILE })),
  };
  const hostile = form();
  const start_form = () => ({
    ...hostile,
    title: HOSTILE,
    scenario: { ...hostile.scenario!, title: HOSTILE, briefing: HOSTILE },
    parameters: hostile.parameters.map((one) => ({ ...one, prompt: HOSTILE, help: HOSTILE })),
  });
  const window = await open({ replies: { library: () => library, start_form } });
  const asked = requests(window);
  await isText(window, HOSTILE);
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  await isText(window, HOSTILE);
  expect(asked).toEqual([]);
});

test('what Rust says went wrong', async () => {
  const window = await open();
  await window.send('problem', { what: HOSTILE, next: `\`${HOSTILE}\` and a lone \` ` });
  await soon(() => window.get('problem').innerText()).toContain(`${HOSTILE} ${HOSTILE} and a lone \``);
  await isText(window, HOSTILE);
});

test('lines of an attachment', async () => {
  const window = await openRun(restoring(WORK.planned), { replies: { attachment: () => ({ lines: [HOSTILE], from: 0, more: false }) } });
  await window.get('plan-whole').click();
  await isText(window, HOSTILE);
});

test('a link leads nowhere: its address is shown, and only web addresses can be opened', async () => {
  const html = '<p><a href="https://example.com/policy">the policy</a> <a href="javascript:document.title=1">run</a> <a href="file:///etc/passwd">file</a></p>';
  const window = await openRun(runAt('stop-writers', { ...MANUAL, html }));
  const before = window.page.url();
  const dialog = window.get('link-dialog');
  for (const [name, address] of [['run', 'javascript:document.title=1'], ['file', 'file:///etc/passwd']] as const) {
    await window.page.getByRole('link', { name }).click();
    await soon(() => window.get('link-address').textContent()).toBe(address);
    expect(await window.get('link-open').count()).toBe(0);
    await window.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  await window.page.getByRole('link', { name: 'the policy' }).click({ button: 'middle' });
  await window.page.getByRole('link', { name: 'the policy' }).click({ modifiers: ['Control'] });
  await soon(() => window.get('link-address').textContent()).toBe('https://example.com/policy');
  expect(window.asked('open_link')).toBe(0);
  await window.get('link-open').click();
  await dialog.waitFor({ state: 'detached' });
  expect(window.calls.at(-1)).toEqual({ command: 'open_link', args: { url: 'https://example.com/policy' } });
  expect([window.page.url(), window.page.context().pages().length]).toEqual([before, 1]);
  await isText(window, 'the policy');
});
