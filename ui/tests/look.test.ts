/** How the window looks and counts: the frame of each mode, the clocks, themes, and less motion for who wants less. */
import { describe, expect, test } from 'vitest';

import type { Mode } from '../src/lib/types/Mode';
import { PROGRESS, RUN, WORK, clocks, restoring, runAt } from './fixtures';
import { type Window, open, openRun, soon } from './window';

const frame = (window: Window) =>
  window.get('frame').evaluate((element) => {
    const { borderLeftWidth, borderRightWidth, borderBottomWidth, borderLeftColor } = getComputedStyle(element);
    return { edges: [borderLeftWidth, borderRightWidth, borderBottomWidth], colour: borderLeftColor };
  });

describe('the frame', () => {
  const COLOURS: [Mode, string][] = [
    ['incident', 'rgb(179, 38, 30)'],
    ['rehearsal', 'rgb(240, 180, 41)'],
    ['exercise', 'rgb(28, 95, 184)'],
  ];

  test.each(COLOURS)('is the mode: %s, in colour and in words, around the window and its dialogs', async (mode, colour) => {
    const window = await openRun(restoring(WORK.applying, {}, { mode }));
    expect(await frame(window)).toEqual({ edges: ['4px', '4px', '4px'], colour });
    expect(await window.text()).toMatch(new RegExp(`^${mode.toUpperCase()}\\s+production\\s+account 123456789012\\s+us-east-1`));
    await window.send('close-asked', { run: RUN, step: 'Restore the photos', changes: true });
    const dialog = window.get('close-dialog');
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(new RegExp(`^${mode.toUpperCase()}`));
    expect(await dialog.evaluate((element) => getComputedStyle(element).borderLeftColor)).toBe(colour);
  });

  test('is not there where nothing runs', async () => {
    const window = await open();
    expect((await frame(window)).edges).toEqual(['0px', '0px', '0px']);
  });
});

describe('the clocks', () => {
  test('count since the outage began and since it was declared, and what is left', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.page.clock.pauseAt('2026-11-24T03:20:00Z');
    await soon(() => window.text()).toContain('outage 00:47:47');
    expect(await window.text()).toMatch(/declared 00:36:43\s+RTO 24 h, 23:12:12 left/);
    await window.page.clock.runFor(2000);
    await soon(() => window.text()).toContain('outage 00:47:49');
    expect(await window.text()).toContain('03:20:02 UTC, 22:20:02 local');
  });

  test('say when the objective is over, and what nobody knows', async () => {
    const over = await openRun(restoring(WORK.planned, {}, { rto: 600 }));
    await over.page.clock.pauseAt('2026-11-24T03:20:00Z');
    await soon(() => over.text()).toContain('RTO 10 min, over by 00:37:47');
    const unknown = await openRun(restoring(WORK.planned, {}, { recovery: clocks({ 'outage-began': null }), rto: null }));
    expect(await unknown.text()).toMatch(/outage not known\s+declared .*\s+no RTO/);
  });

  test('stand still when the run has ended', async () => {
    const window = await openRun(runAt(null, {}, { state: 'abandoned', ended: '2026-11-24T03:14:00Z' }));
    await window.page.clock.pauseAt('2026-11-24T05:00:00Z');
    await soon(() => window.text()).toContain('05:00:00 UTC');
    expect(await window.text()).toMatch(/outage 00:41:47\s+declared 00:30:43\s+RTO 24 h\s/);
    expect(await window.get('ended').innerText()).toContain('not recovered in this run');
  });
});

test('the theme is the system’s until one is chosen, which is kept', async () => {
  const window = await open();
  const ground = () => window.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await ground()).toBe('rgb(245, 246, 248)');
  await window.page.emulateMedia({ colorScheme: 'dark' });
  await soon(ground).toBe('rgb(15, 18, 21)');
  await window.get('theme').selectOption('night');
  await soon(ground).toBe('rgb(10, 8, 7)');
  await window.page.reload();
  await soon(ground).toBe('rgb(10, 8, 7)');
});

test('nothing moves where less motion is wanted', async () => {
  const window = await openRun(restoring(WORK.applying));
  await window.page.emulateMedia({ reducedMotion: 'reduce' });
  await window.send('progress', PROGRESS);
  const moving = await window.page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .map((element) => [element, getComputedStyle(element)] as const)
      .filter(([, style]) => style.transitionDuration !== '0s' || style.animationName !== 'none' || style.scrollBehavior === 'smooth')
      .map(([element]) => element.outerHTML.slice(0, 100)),
  );
  expect(moving).toEqual([]);
});

test('the focus can be seen wherever Tab goes', async () => {
  const window = await openRun(runAt('stop-writers', { moves: ['complete', 'skip'] }));
  await window.settled();
  const seen = new Set<string>();
  for (let times = 0; times < 40; times += 1) {
    await window.press('Tab');
    const focused = await window.page.evaluate(() => {
      const element = document.activeElement!;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { name: element.outerHTML.slice(0, 80), body: element === document.body, outline: `${outlineStyle} ${outlineWidth}` };
    });
    if (focused.body || seen.has(focused.name)) break;
    seen.add(focused.name);
    expect(focused.outline, focused.name).toBe('solid 2px');
  }
  expect(seen.size).toBeGreaterThan(10);
});
