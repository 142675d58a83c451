/** The clocks of an incident: what they say, how near an objective is, and who sets them right. */
import { describe, expect, test } from 'vitest';

import { TIMELINE, WORK, clocks, restoring, runAt } from './fixtures';
import { Refusal, type Window, openRun, soon } from './window';

const at = async (window: Window, time: string) => {
  await window.page.clock.pauseAt(time);
  await soon(() => window.text()).toContain(time.slice(11, 19));
};
const bar = (window: Window) => window.get('clocks').innerText();
const rto = (window: Window) => window.get('clocks').locator('[data-rto]').getAttribute('data-rto');
const weight = (window: Window) =>
  window.get('clocks').locator('[data-rto]').evaluate((element) => Number(getComputedStyle(element).fontWeight));

async function dialog(window: Window) {
  await window.get('clocks').click();
  await window.get('clocks-dialog').waitFor();
  return window.get('clocks-dialog');
}

describe('the RTO', () => {
  test('is near from three quarters on, in words and in weight, and a screen reader hears it once', async () => {
    // An hour from 02:32:12.
    const window = await openRun(restoring(WORK.planned, {}, { rto: 3600 }));
    await at(window, '2026-11-24T03:17:11Z');
    expect(await rto(window)).toBe('within');
    expect(await weight(window)).toBe(500);
    await window.page.clock.runFor(2000);
    await soon(() => bar(window)).toContain('RTO 1 h near, 00:14:59 left');
    expect(await weight(window)).toBe(700);
    await soon(() => window.get('said').textContent()).toBe('The RTO of 1 h is near.');
    await window.page.clock.runFor(15 * 60_000);
    await soon(() => bar(window)).toContain('RTO 1 h, over by 00:00:00');
    expect(await rto(window)).toBe('over');
    expect(await weight(window)).toBe(700);
    await soon(() => window.get('said').textContent()).toBe('The RTO of 1 h is over.');
  });

  test('counts from the declaration where nobody knows when the outage began', async () => {
    const window = await openRun(restoring(WORK.planned, {}, { rto: 3600, recovery: clocks({ 'outage-began': null }) }));
    await at(window, '2026-11-24T03:20:00Z');
    expect(await bar(window)).toMatch(/outage not known\s+declared 00:36:43\s+RTO 1 h, 00:23:17 left/);
  });

  test('follows a clock that was set right', async () => {
    const window = await openRun(restoring(WORK.planned));
    await at(window, '2026-11-24T03:20:00Z');
    const recovery = clocks({ 'outage-began': '2026-11-24T02:20:00Z' });
    await window.send('run', { ...restoring(WORK.planned, {}, { recovery }), entries: TIMELINE.length + 1 });
    await soon(() => bar(window)).toMatch(/outage 01:00:00\s+declared 00:36:43\s+RTO 24 h, 23:00:00 left/);
  });

  test('stops when the service is validated, while the run goes on, and is no longer near', async () => {
    const stopped = '2026-11-24T03:20:00Z';
    const recovery = clocks({ 'service-validated': stopped }, { stopped });
    const window = await openRun(restoring(WORK.planned, {}, { rto: 3600, recovery }));
    await at(window, '2026-11-24T06:00:00Z');
    expect(await bar(window)).toMatch(/outage 00:47:47\s+declared 00:36:43\s+RTO 1 h$/);
    expect(await rto(window)).toBe('within');
  });
});

describe('all clocks', () => {
  test('open with C or a click, each with UTC, local time, how long after the outage, and by whom', async () => {
    const recovery = clocks({ 'restore-started': '2026-11-24T03:14:07Z', detected: '2026-11-24T02:30:00Z' });
    recovery.clocks.find(({ clock }) => clock === 'detected')!.said = true;
    const window = await openRun(restoring(WORK.planned, {}, { recovery }));
    await window.press('c');
    await window.get('clocks-dialog').waitFor();
    const row = (clock: string) => window.get(`clock-${clock}`).innerText();
    expect(await row('outage-began')).toMatch(/^Outage began\s+2026-11-24 02:32:12 UTC\s+2026-11-23 21:32:12 local\s+\+00:00:00\s+a person\s+Set right$/);
    expect(await row('detected')).toMatch(/02:30:00 UTC.*−00:02:12\s+a person/s);
    expect(await row('restore-started')).toMatch(/03:14:07 UTC.*\+00:41:54\s+what was done\s+Set right$/s);
    expect(await row('stood-down')).toMatch(/^Stood down\s+not read off yet\s+Set$/);
    expect(await window.get('clocks-dialog').locator('tbody tr').count()).toBe(9);
    await window.press('Escape');
    await window.get('clocks-dialog').waitFor({ state: 'detached' });
    await dialog(window);
  });

  test('one is set with the time that was typed or with now', async () => {
    const window = await openRun(restoring(WORK.planned));
    await at(window, '2026-11-24T03:20:00Z');
    await dialog(window);
    await window.get('clock-detected').getByRole('button').click();
    await soon(() => window.page.evaluate(() => document.activeElement?.id)).toBe('clock-time');
    await window.get('clock-time').fill('2026-11-24 02:40');
    await window.get('clock-time').press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'mark', clock: 'detected', at: '2026-11-24T02:40:00Z' }]);
    await window.get('clock-time').waitFor({ state: 'detached' });
    await window.get('clock-stood-down').getByRole('button').click();
    await window.get('clock-time-now').click();
    await window.get('clock-set').click();
    await soon(() => window.submitted.at(-1)).toEqual({ do: 'mark', clock: 'stood-down', at: '2026-11-24T03:20:00Z' });
  });

  test('one that is set right begins with what it said', async () => {
    const window = await openRun(restoring(WORK.planned));
    await dialog(window);
    await window.get('clock-declared').getByRole('button').click();
    expect(await window.get('clock-time').inputValue()).toBe('2026-11-24 02:43:17');
  });

  test('a time that can’t be so is refused beside its field, and what was typed stays', async () => {
    const refusal = new Refusal({ what: '“detected” can’t be at 02:00 when “outage began” was at 02:32.', next: 'Correct one of the two.' });
    const window = await openRun(restoring(WORK.planned), { replies: { submit: () => refusal } });
    await dialog(window);
    await window.get('clock-detected').getByRole('button').click();
    await window.get('clock-time').fill('soon');
    await window.get('clock-set').click();
    await soon(() => window.page.locator('#clock-time-wrong').innerText()).toBe('Write it as 2026-11-24 03:14, in UTC.');
    expect(await window.sent()).toEqual([]);
    await window.get('clock-time').fill('2026-11-24 02:00');
    await window.get('clock-set').click();
    await soon(() => window.page.locator('#clock-time-wrong').innerText()).toContain('when “outage began” was at 02:32. Correct one');
    expect(await window.get('clock-time').getAttribute('aria-invalid')).toBe('true');
    expect(await window.get('problem').count()).toBe(0);
    await window.press('Escape');
    await window.get('clocks-dialog').waitFor({ state: 'detached' });
    await dialog(window);
    await window.get('clock-detected').getByRole('button').click();
    expect(await window.get('clock-time').inputValue()).toBe('2026-11-24 02:00');
  });
});

describe('what was achieved', () => {
  const lost = [
    { system: 'Portal DB', seconds: 3120, measured: true },
    { system: 'badge photos', seconds: 18_000, measured: false },
  ];
  const achieved = (window: Window) => window.get('achieved').innerText();

  test('runs from the outage and from the declaration, with the wait that goes on counted, and what each system lost', async () => {
    const recovery = clocks({}, { held: 300, holding: '2026-11-24T03:19:00Z', lost });
    const window = await openRun(restoring(WORK.planned, {}, { recovery }));
    await at(window, '2026-11-24T03:20:00Z');
    await dialog(window);
    const text = await achieved(window);
    expect(text).toMatch(/RTO from the outage\s+00:47:47 so far, within the RTO of 24 h/);
    expect(text).toMatch(/RTO from the declaration\s+00:36:43 so far, within the RTO of 24 h/);
    expect(text).toMatch(/Time held\s+00:06:00 by approvals and waits, still since 03:19:00 UTC; counted in the above, never taken off/);
    expect(text).toMatch(/RPO, Portal DB\s+52 min lost, measured, within the RPO of 4 h/);
    expect(text).toMatch(/RPO, badge photos\s+at most 5 h lost, perhaps over the RPO of 4 h by 01:00:00/);
  });

  test('is final once the service is validated', async () => {
    const stopped = '2026-11-24T03:20:00Z';
    const recovery = clocks({ 'service-validated': stopped }, { stopped, held: 300 });
    const window = await openRun(restoring(WORK.planned, {}, { recovery, rto: 2400 }));
    await at(window, '2026-11-24T06:00:00Z');
    await dialog(window);
    expect(await achieved(window)).toMatch(/RTO from the outage\s+00:47:47 over the RTO of 40 min by 00:07:47/);
    expect(await achieved(window)).toMatch(/RTO from the declaration\s+00:36:43 within the RTO of 40 min/);
    expect(await achieved(window)).toMatch(/Time held\s+00:05:00 by approvals and waits; counted/);
  });

  test('is not called recovered in a run that was abandoned', async () => {
    const window = await openRun(runAt(null, {}, { state: 'abandoned', ended: '2026-11-24T03:14:00Z' }));
    await dialog(window);
    expect(await window.get('clocks-dialog').innerText()).toContain('of an RTO of 24 h; not recovered in this run');
  });
});
