/** However much there is, only what is in view is in the page. */
import { expect, test } from 'vitest';

import { DIGEST, LIBRARY, TIMELINE, WORK, longRun, longStep, restoring } from './fixtures';
import { type Window, open, openRun, soon } from './window';

const MOST = 60;
const rows = (window: Window, of: string) => window.page.locator(of).count();

/** Rows of the checklist, and whether one is in view. */
const STEPS = '[data-testid^=step-row-]';
const inView = (window: Window, id: string) =>
  window.get(`step-row-${id}`).evaluate((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    const list = row.closest('.list')!.getBoundingClientRect();
    return top >= list.top && bottom <= list.bottom;
  });

test('5,000 steps: the current one is in view, few are in the page, and every one is a key or a word away', async () => {
  const window = await openRun(longRun(5000, 2500), { replies: { step: ({ step }) => longStep(Number(step.slice(5))) } });
  expect(await inView(window, 'step-2500')).toBe(true);
  expect(await rows(window, STEPS)).toBeLessThan(MOST);

  const list = window.page.locator('nav .list');
  await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await window.get('step-row-step-5000').waitFor();
  expect(await rows(window, STEPS)).toBeLessThan(MOST);

  await window.press('j');
  await soon(() => window.page.locator('#step-title').textContent()).toBe('Check host 2501 of the print network');
  await soon(() => inView(window, 'step-2501')).toBe(true);
  await list.evaluate((element) => element.scrollTo(0, 0));
  await window.press('g');
  await soon(() => inView(window, 'step-2500')).toBe(true);

  await window.get('find').fill('host 4999');
  await soon(() => rows(window, STEPS)).toBe(1);
  await window.get('find').press('Enter');
  await soon(() => window.page.locator('#step-title').textContent()).toBe('Check host 4999 of the print network');
});

test('a step that none fits is said, with the way back', async () => {
  const window = await openRun(longRun(5000, 2500));
  await window.get('find').fill('no such host');
  await soon(() => window.text()).toContain('No step fits “no such host”.');
  await window.page.getByRole('button', { name: 'Show all of them' }).click();
  await soon(() => inView(window, 'step-2500')).toBe(true);
});

test('100,000 lines of an attachment: read as they come into view, each once, in order', async () => {
  const PAGE = 5000;
  const attachment = ({ from }: { from: number }) => ({
    lines: Array.from({ length: PAGE }, (_, at) => `{"line":${from + at}}`),
    from,
    more: from + PAGE < 100_000,
  });
  const window = await openRun(restoring(WORK.planned), { replies: { attachment } });
  await window.get('plan-whole').click();
  const list = window.page.getByRole('group', { name: 'Lines' });
  const lines = '[aria-label=Lines] li';
  const end = () => list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  for (let read = 1; read < 20; read += 1) {
    await soon(() => window.asked('attachment')).toBe(read);
    await soon(() => window.get('attachment').innerText()).toContain(`the first ${(read * PAGE).toLocaleString('en-US')} lines`);
    await end();
  }
  await soon(() => window.get('attachment').innerText()).toContain('100,000 lines');
  await end();
  await window.page.getByText('{"line":99999}').waitFor();
  expect(await rows(window, lines)).toBeLessThan(MOST);
  expect(await window.get('attachment-more').count()).toBe(0);
  const asked = window.calls.filter(({ command }) => command === 'attachment').map(({ args }) => args);
  expect(asked).toEqual(Array.from({ length: 20 }, (_, at) => ({ run: restoring(WORK.planned).id, digest: DIGEST, from: at * PAGE })));
});

test('more of an attachment is a button too, and a second press reads nothing twice', async () => {
  const window = await openRun(restoring(WORK.planned));
  await window.get('plan-whole').click();
  await window.get('attachment-more').dblclick();
  await soon(() => window.get('attachment').innerText()).toMatch(/first 1,(0|5)00 lines|1,500 lines/);
  const from = window.calls.filter(({ command }) => command === 'attachment').map(({ args }) => args.from);
  expect(from).toEqual([...new Set(from)]);
});

test('5,000 entries of a timeline: the newest are in the page, earlier ones are asked for', async () => {
  const all = Array.from({ length: 5000 }, (_, at) => ({ ...TIMELINE[1]!, seq: at + 1 }));
  const window = await openRun({ ...restoring(WORK.planned), entries: 5000 }, { replies: { timeline: ({ after }) => all.slice(after) } });
  const timeline = window.get('timeline').locator('[data-seq]');
  await soon(() => timeline.count()).toBe(200);
  expect(await timeline.first().getAttribute('data-seq')).toBe('5000');
  await window.page.getByRole('button', { name: 'Show 200 earlier' }).click();
  await soon(() => timeline.count()).toBe(400);
});

test('5,000 findings of a broken runbook: the first fifty, and where the rest are', async () => {
  const broken = LIBRARY.runbooks[3]!;
  const problems = Array.from({ length: 5000 }, (_, at) => ({ severity: 'error', place: `x.md:${at}:1`, message: 'no', hint: null }));
  const window = await open({ replies: { library: () => ({ ...LIBRARY, runbooks: [{ ...broken, problems }] }) } });
  const text = await window.get('runbook-failover-database.md').innerText();
  expect(text).toContain('5,000 errors');
  expect(text).toContain('4,950 more; lifeboat lint lists all.');
  expect(await rows(window, '[data-testid="runbook-failover-database.md"] details li')).toBe(51);
});
