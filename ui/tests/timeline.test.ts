/** The timeline: every entry once, in order, newest first, however it arrives. */
import { expect, test } from 'vitest';

import type { TimelineRow } from '../src/lib/types/TimelineRow';
import { TIMELINE, WORK, restoring } from './fixtures';
import { Refusal, type Window, openRun, soon } from './window';

const rows = (count: number): TimelineRow[] =>
  Array.from({ length: count }, (_, at) => ({ ...TIMELINE[0]!, seq: at + 1, kind: 'noted', text: `note: number ${at + 1}` }));

const shown = (window: Window) =>
  window.get('timeline').locator('[data-seq]').evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-seq'))));

const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, at) => from - at);

const after = (window: Window) => window.calls.filter(({ command }) => command === 'timeline').map(({ args }) => args.after);

/** A window whose journal holds what `all` holds at the time. */
async function journal(all: { rows: TimelineRow[] }, page = Infinity): Promise<Window> {
  const timeline = ({ after }: { after: number }) => all.rows.filter(({ seq }) => seq > after).slice(0, page);
  return openRun({ ...restoring(WORK.planned), entries: all.rows.length }, { replies: { timeline } });
}

const grown = (entries: number) => ({ ...restoring(WORK.planned), entries });

test('shows each entry with its time and who did it, newest first', async () => {
  const window = await openRun(restoring(WORK.planned));
  await soon(() => shown(window)).toEqual(down(15, 1));
  const first = window.get('timeline').locator('[data-seq="1"]');
  expect(await first.innerText()).toMatch(/^02:43:17\s+Incident started: .*\(Sam Ortega\)$/s);
  expect(await first.locator('time').getAttribute('title')).toContain('2026-11-23 21:43:17 local');
});

test('reads on from the last entry it has', async () => {
  const all = { rows: rows(15) };
  const window = await journal(all);
  await soon(() => shown(window)).toEqual(down(15, 1));
  all.rows = rows(18);
  await window.send('run', grown(18));
  await soon(() => shown(window)).toEqual(down(18, 1));
  expect(after(window)).toEqual([0, 15]);
});

test('reads page by page until it has all that the run has', async () => {
  const window = await journal({ rows: rows(25) }, 10);
  await soon(() => shown(window)).toEqual(down(25, 1));
  expect(after(window)).toEqual([0, 10, 20]);
});

test('stays in order, with nothing twice, when the run goes on while it is being read', async () => {
  const waiting: (() => void)[] = [];
  const all = { rows: rows(15) };
  const window = await journal(all);
  await soon(() => shown(window)).toHaveLength(15);
  all.rows = rows(30);
  window.answer({
    timeline: ({ after }) => {
      const now = all.rows.filter(({ seq }) => seq > after).slice(0, 2);
      return new Promise((resolve) => waiting.push(() => resolve(now)));
    },
  });
  for (const entries of [16, 17, 19]) await window.send('run', grown(entries));
  await soon(() => waiting).toHaveLength(1);
  waiting[0]!();
  await soon(() => waiting).toHaveLength(2);
  waiting[1]!();
  await soon(() => shown(window)).toEqual(down(19, 1));
  expect(after(window)).toEqual([0, 15, 17]);
});

test('of a run that was left is not mixed into the one that was opened', async () => {
  let arrive = () => {};
  const window = await openRun(restoring(WORK.planned), {
    replies: { timeline: () => new Promise((resolve) => (arrive = () => resolve(rows(15)))) },
  });
  await soon(() => window.asked('timeline')).toBe(1);
  await window.get('to-library').click();
  const other = { ...restoring(WORK.planned, {}, { id: '20261124-050000-bb02' }), entries: 3 };
  window.answer({ open_run: () => other, timeline: () => rows(3) });
  await window.page.locator('[data-testid^=go-on-]').click();
  await window.get('run').waitFor();
  arrive();
  await soon(() => shown(window)).toEqual([3, 2, 1]);
  expect(window.calls.at(-1)).toEqual({ command: 'timeline', args: { run: other.id, after: 0 } });
});

test('of a run that was left and opened again has every entry once', async () => {
  const all = { rows: rows(15) };
  const window = await journal(all);
  await soon(() => shown(window)).toHaveLength(15);
  let arrive = () => {};
  const held = ({ after }: { after: number }) => new Promise((resolve) => (arrive = () => resolve(rows(18).slice(after))));
  window.answer({ timeline: held });
  await window.send('run', grown(18));
  await soon(() => window.asked('timeline')).toBe(2);
  const reopen = async (id: string, entries: number) => {
    window.answer({ open_run: () => ({ ...grown(entries), id }), timeline: ({ after }) => rows(entries).slice(after) });
    await window.get('to-library').click();
    await window.page.locator('[data-testid^=go-on-]').click();
    await window.get('run').waitFor();
  };
  const { id } = grown(18);
  await reopen('20261124-050000-bb02', 3);
  await reopen(id, 18);
  arrive();
  await soon(() => shown(window)).toEqual(down(18, 1));
});

test('that could not be read says so, and is read with the next entry', async () => {
  const refusal = new Refusal({ what: 'The journal could not be read.', next: 'Look at the disk.' });
  const window = await openRun(restoring(WORK.planned), { replies: { timeline: () => refusal } });
  await soon(() => window.get('problem').innerText()).toContain('The journal could not be read.');
  window.answer({ timeline: ({ after }) => rows(16).filter(({ seq }) => seq > after) });
  await window.send('run', grown(16));
  await soon(() => shown(window)).toEqual(down(16, 1));
});

test('says which day it was where that changes', async () => {
  const days = TIMELINE.map((row) => (row.seq < 4 ? { ...row, at: row.at.replace('11-24T02', '11-22T23') } : row));
  const window = await openRun(restoring(WORK.planned), { replies: { timeline: ({ after }) => days.filter(({ seq }) => seq > after) } });
  await soon(() => window.get('timeline').locator('li').allInnerTexts()).toContain('2026-11-22');
  const texts = await window.get('timeline').locator('li').allInnerTexts();
  expect(texts.indexOf('2026-11-22')).toBe(TIMELINE.length - 3);
});
