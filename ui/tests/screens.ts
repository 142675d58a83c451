/** Every screen and state, by name: how to get there. */
import type { RunView } from '../src/lib/types/RunView';
import { CREATING, EXCLUDE, EXCLUDE_FILE, MOMENTS, PLANNED, REMOVAL, TIER, TOLD_ROWS, WAITING, discarding, obliterating, restoringDb, surveyed } from './database';
import {
  DECISION, FILES, LIBRARY, MANUAL, MESSAGE, NO_NETWORK, PEOPLE, PROGRESS, RECORD, RUN, SUMMARY, TIMELINE, WAIT, WORK, action, clocks, form, hostileRun, longRun,
  noted, restoring, runAt,
} from './fixtures';
import { type Window, Refusal, drop, open, openRun } from './window';

type Options = NonNullable<Parameters<typeof open>[0]>;
type Show = (options: Options) => Promise<Window>;

async function start(options: Options): Promise<Window> {
  const window = await open(options);
  await window.get('start-restore-badge-photos').click();
  await window.get('start-form').waitFor();
  return window;
}

/** Somebody who has no passphrase yet. */
async function signingUp(view: RunView, options: Options): Promise<Window> {
  const window = await openRun(view, { ...options, replies: { signed_up: () => null } });
  await window.get('approver').fill('Dana Whitfield');
  await window.get('approver').blur();
  await window.get('again').fill('four words');
  await window.get('again').blur();
  return window;
}

/** What an export leaves out is being chosen, of so many notes that came after the first two. */
export async function leavingOut(count: number, options: Options): Promise<Window> {
  const rows = noted(count);
  const timeline = ({ after }: { after: number }) => rows.filter(({ seq }) => seq > after);
  const window = await openRun(restoring(WORK.planned, {}, { entries: rows.length }), { ...options, replies: { timeline, ...options.replies } });
  await window.get('export').click();
  await window.get('leave-out').click();
  await window.get('leave-out-2').waitFor();
  return window;
}

const EMPTY = { ...LIBRARY, runbooks: [], runs: [], environments: LIBRARY.environments.slice(2) };
const MODES = form(['incident', 'rehearsal', 'exercise']);

export const SCREENS: Record<string, Show> = {
  library: (options) => open(options),
  'library-empty': (options) => open({ ...options, replies: { library: () => EMPTY } }),
  'start-exercise': start,
  'start-modes': async (options) => {
    const window = await start({ ...options, replies: { start_form: () => MODES } });
    await window.get('mode-rehearsal').click();
    return window;
  },
  'start-wrong': async (options) => {
    const problem = 'That is in the future. Give a moment before now, in UTC.';
    const window = await start({ ...options, replies: { check_parameter: ({ name }) => ({ value: null, problem: name === 'restore_to' ? problem : null }) } });
    await window.get('param-restore_to').fill('2027-01-01 00:00');
    await window.get('operator').fill('');
    await window.get('start-submit').click();
    await window.page.getByText(problem).waitFor();
    return window;
  },
  manual: (options) => openRun(runAt('stop-writers', MANUAL, { mode: 'exercise', environment: 'practice' }), options),
  reading: async (options) => {
    const work = { is: 'reading', since: '2026-11-24T03:12:02Z' } as const;
    const window = await openRun(runAt('survey', { state: 'working', action: action('photos.survey', work) }, { working: true }), options);
    await window.send('progress', { ...PROGRESS, step: 'survey', doing: 'listing versions', done: 41_204, total: null, left: null, failed: 0 });
    return window;
  },
  'no-network': (options) =>
    openRun(
      runAt('survey', {
        state: 'attention',
        action: action('photos.survey', NO_NETWORK),
        moves: ['read', 'follow_failure', 'skip'],
      }),
      options,
    ),
  planning: (options) => openRun(restoring(WORK.planning), options),
  planned: (options) => openRun(restoring(WORK.planned), options),
  'planned-undecided': (options) =>
    openRun(
      restoring(
        { ...WORK.planned, summary: { ...SUMMARY, undecided: 2, warnings: ['2 keys are undecided and left alone: a photo and a deletion share the deciding second, and S3 doesn’t tell which came last.'] } },
        { moves: ['approve', 'ties_photo', 'ties_deleted', 'refuse', 'plan_again', 'skip'] },
        { mode: 'rehearsal' },
      ),
      options,
    ),
  'approver-wrong': async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.get('approver').fill('Sam Ortega');
    await window.get('move-approve').click();
    await window.page.getByRole('alert').waitFor();
    return window;
  },
  'sign-in': async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { break_glass: true }), options);
    await window.get('approver').fill('Dana Whitfield');
    await window.get('passphrase').fill('four words of the sea');
    await window.get('signing-about').waitFor();
    return window;
  },
  'sign-in-first': (options) => signingUp(restoring(WORK.planned, {}, { break_glass: true }), options),
  'sign-in-first-destroys': (options) => signingUp({ ...discarding(), break_glass: true }, options),
  'sign-in-wrong': async (options) => {
    const refusal = new Refusal({ what: 'That is not the passphrase of Dana Whitfield.', next: 'Ask them to type it again.' });
    const window = await openRun(restoring(WORK.planned, {}, { break_glass: true }), { ...options, replies: { approve_signed: () => refusal } });
    await window.get('approver').fill('Dana Whitfield');
    await window.get('passphrase').fill('four words of the see');
    await window.settled();
    await window.get('passphrase').press('Enter');
    await window.get('signing-wrong').waitFor();
    return window;
  },
  'no-keychain': async (options) => {
    const refusal = new Refusal({ what: 'The keychain of this computer can’t be opened: no secret service answers.', next: 'Unlock it with `secret-tool`, or log in to the desktop again; then approve.' });
    const window = await openRun(restoring(WORK.planned, {}, { break_glass: true }), { ...options, replies: { signed_up: () => refusal } });
    await window.get('approver').fill('Dana Whitfield');
    await window.get('approver').blur();
    await window.get('signing-wrong').waitFor();
    return window;
  },
  refuse: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.get('approver').fill('Dana Whitfield');
    await window.get('move-refuse').click();
    return window;
  },
  glass: async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { break_glass: true }), options);
    await window.get('break-glass').click();
    await window.get('reason').fill('It is 03:14 and neither of the two approvers picks up the phone.');
    return window;
  },
  'glass-destroys': async (options) => {
    const window = await openRun({ ...discarding(), break_glass: true }, options);
    await window.get('break-glass').click();
    return window;
  },
  'glass-broken': (options) => openRun(restoring(WORK.applying, {}, { broke_glass: true, break_glass: true }), options),
  people: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.press('p');
    return window;
  },
  'people-many': async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { people: PEOPLE }), options);
    await window.press('p');
    return window;
  },
  'people-hand-over': async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { people: PEOPLE }), options);
    await window.press('p');
    await window.get('hand-over').click();
    await window.get('heir').fill('Dana Whitfield');
    return window;
  },
  'role-nobody': (options) => openRun(runAt('spot-check', { ...RECORD, role: 'incident commander', holders: [] }), options),
  'role-choice': (options) =>
    openRun(runAt('customers', { ...DECISION, role: 'approver', holders: PEOPLE.slice(1, 4).map(({ name }) => name) }), options),
  destroys: (options) => openRun(discarding(), options),
  'destroys-mistyped': async (options) => {
    const window = await openRun(discarding(), options);
    await window.get('target').fill('portal');
    return window;
  },
  moments: (options) => openRun(restoringDb({ is: 'idle' }), options),
  'moments-snapshot': async (options) => {
    const window = await openRun(restoringDb({ is: 'idle' }, { from: 'snapshot', snapshot: 'before-migration' }), options);
    await window.get('moments').waitFor();
    return window;
  },
  'moments-outside': async (options) => {
    const window = await openRun(restoringDb({ is: 'idle' }), options);
    await window.get('moment').fill('2026-11-12 08:00:00');
    return window;
  },
  'moments-list': async (options) => {
    const window = await openRun(restoringDb({ is: 'idle' }), options);
    await window.get('picture').evaluate((picture) => picture.scrollIntoView());
    return window;
  },
  'moments-none': (options) => openRun(restoringDb({ is: 'idle' }, {}, { ...MOMENTS, asked: null, outage: null }), options),
  'moments-planned': (options) => openRun(restoringDb(PLANNED), options),
  'moments-again': async (options) => {
    const window = await openRun(restoringDb(PLANNED), options);
    await window.get('choose-again').locator('summary').click();
    await window.get('moment').fill('2026-11-24 02:20');
    await window.get('other-moment').scrollIntoViewIfNeeded();
    return window;
  },
  'values-needed': (options) => openRun(obliterating({ is: 'idle' }), options),
  'values-again': async (options) => {
    const window = await openRun(obliterating(REMOVAL, 'org-7,org-9'), options);
    await window.get('choose-again').locator('summary').click();
    await window.get('plan-value-organizations').fill('org-7');
    await window.get('other-moment').scrollIntoViewIfNeeded();
    return window;
  },
  'values-optional': (options) =>
    openRun(restoring({ is: 'idle' }, { action: action('photos.restore', { is: 'idle' }, { values: [EXCLUDE, EXCLUDE_FILE, TIER] }), moves: ['plan', 'skip'] }), options),
  'start-other': async (options) => {
    const scenario = { ...form().scenario!, runbook: 'restore-portal-db' };
    return start({ ...options, replies: { start_form: () => ({ ...form(), scenario }) } });
  },
  surveyed: (options) => openRun(surveyed(), options),
  waiting: async (options) => {
    const rows = ({ after }: { after: number }) => TOLD_ROWS.filter(({ seq }) => seq > after);
    const window = await openRun(restoringDb(WAITING), { ...options, replies: { timeline: rows } });
    await window.send('progress', { run: RUN, ...CREATING });
    return window;
  },
  applying: async (options) => {
    const window = await openRun(restoring(WORK.applying), options);
    await window.send('progress', PROGRESS);
    return window;
  },
  paused: async (options) => {
    const window = await openRun(restoring(WORK.applying), options);
    const paused =
      'CopyObject on badge-photos/photos/harbor-college/000017.jpg failed: the credentials have expired (request 0A49CE4060975EAC). Log in again with `aws sso login --profile veonics-dr`.';
    await window.send('progress', { ...PROGRESS, doing: 'waiting to go on', done: 0, total: null, paused });
    return window;
  },
  'nine-hours': async (options) => {
    const window = await openRun(restoring({ ...WORK.applying, summary: { ...SUMMARY, headline: '3,012,440 photos come back' }, since: '2026-11-23T18:14:07Z', attempt: 2 }), options);
    await window.send('progress', { ...PROGRESS, done: 2_204_118, total: 3_012_440, bytes: 3_655_113_000_000, rate: 68.2, left: 11_850, failed: 0 });
    return window;
  },
  stop: async (options) => {
    const window = await openRun(restoring(WORK.applying), options);
    await window.send('progress', PROGRESS);
    await window.get('stop').click();
    return window;
  },
  'in-doubt-checking': (options) => openRun(restoring({ ...WORK.in_doubt, checking: true, found: null }, { moves: [] }, { working: true }), options),
  'in-doubt': (options) => openRun(restoring(WORK.in_doubt), options),
  failed: (options) => openRun(restoring(WORK.failed), options),
  verified: (options) => openRun(restoring(WORK.verified), options),
  decision: (options) => openRun(runAt('customers', DECISION), options),
  wait: (options) => openRun(runAt('settle', WAIT), options),
  message: (options) => openRun(runAt('notify-customers', MESSAGE), options),
  record: (options) => openRun(runAt('spot-check', RECORD), options),
  looking: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.press('k');
    await window.get('looking').waitFor();
    return window;
  },
  clocks: async (options) => {
    const recovery = clocks(
      { detected: '2026-11-24T02:39:40Z', 'restore-started': '2026-11-24T03:14:07Z' },
      { held: 320, holding: '2026-11-24T03:12:40Z', lost: [{ system: 'Portal DB', seconds: 3120, measured: true }, { system: 'badge photos', seconds: 18_000, measured: false }] },
    );
    const window = await openRun(restoring(WORK.planned, {}, { recovery }), options);
    await window.get('clocks').click();
    return window;
  },
  'clocks-refused': async (options) => {
    const refusal = new Refusal({ what: '"detected" can’t be at 2026-11-24T02:00:00Z when "outage began" was at 2026-11-24T02:32:12Z.', next: 'Correct one of the two.' });
    const window = await openRun(restoring(WORK.planned), { ...options, replies: { submit: () => refusal } });
    await window.get('clocks').click();
    await window.get('clock-detected').getByRole('button').click();
    await window.get('clock-time').fill('2026-11-24 02:00');
    await window.get('clock-set').click();
    await window.page.getByText('Correct one of the two.').waitFor();
    return window;
  },
  evidence: async (options) => {
    const files = [...FILES, { ...FILES[0]!, name: `${'very-'.repeat(16)}long name of a screenshot.png` }];
    const window = await openRun(restoring(WORK.verified, {}, { files }), options);
    if ((options.size?.width ?? 1280) < 1100) await window.press('t');
    await window.get('note').fill('the alarm woke nobody');
    await window.get('note-tag').selectOption('Went badly');
    await drop(window, 'note', { 'video.mov': 31_200_000 });
    await window.get('not-kept').waitFor();
    await window.get('file-0').scrollIntoViewIfNeeded();
    return window;
  },
  picture: async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { files: FILES }), options);
    await window.get('file-0').click();
    await window.get('file').locator('img').waitFor();
    return window;
  },
  'file-elsewhere': async (options) => {
    const window = await openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', files: FILES }), options);
    await window.get('file-2').click();
    return window;
  },
  'corrective-action': async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    if ((options.size?.width ?? 1280) < 1100) await window.press('t');
    await window.get('correct').click();
    await window.get('correct-what').fill('Alert when photos are deleted by the thousand');
    await window.get('correct-due').fill('next week');
    await window.get('correct-submit').click();
    return window;
  },
  review: async (options) => {
    const view = runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', approver: 'Dana Whitfield', files: FILES });
    const window = await openRun(view, options);
    await window.get('ended').getByTestId('correct-due').scrollIntoViewIfNeeded();
    return window;
  },
  'rto-near': (options) => openRun(restoring(WORK.planned, {}, { rto: 3000, mode: 'rehearsal' }), options),
  'rto-over': (options) => openRun(restoring(WORK.planned, {}, { rto: 1800 }), options),
  finished: (options) =>
    openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', approver: 'Dana Whitfield' }), options),
  abandoned: (options) => openRun(runAt(null, {}, { state: 'abandoned', ended: '2026-11-24T03:14:00Z', mode: 'rehearsal' }), options),
  long: (options) => openRun(longRun(5000, 2500), options),
  hostile: (options) => openRun(hostileRun(), options),
  problem: async (options) => {
    const refusal = new Refusal({ what: 'The plan that waits for approval is 4410…9ac2, not 9f3a…c210.', next: 'Read it again before approving.' });
    const window = await openRun(restoring(WORK.planned), { ...options, replies: { submit: () => refusal } });
    await window.get('move-plan_again').click();
    await window.get('problem').waitFor();
    return window;
  },
  keys: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.press('?');
    return window;
  },
  skip: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.get('move-skip').click();
    await window.get('reason').fill('The bucket was brought back by AWS support meanwhile.');
    return window;
  },
  'skip-refused': async (options) => {
    const refusal = new Refusal({ what: 'The journal can’t be written: no space is left on /home.', next: 'Make room, then skip again.' });
    const window = await openRun(restoring(WORK.planned), { ...options, replies: { submit: () => refusal } });
    await window.get('move-skip').click();
    await window.get('reason').fill('The bucket was brought back by AWS support meanwhile.');
    await window.get('reason-submit').click();
    await window.get('reason-dialog').getByRole('alert').waitFor();
    return window;
  },
  attachment: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.get('plan-whole').click();
    await window.get('attachment-more').waitFor();
    return window;
  },
  link: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.page.getByRole('link', { name: 'the policy' }).click();
    return window;
  },
  closing: async (options) => {
    const window = await openRun(restoring(WORK.applying), options);
    await window.send('close-asked', { run: RUN, step: 'Restore the photos', changes: true });
    return window;
  },
  export: async (options) => {
    const window = await openRun(restoring(WORK.planned), options);
    await window.get('export').click();
    return window;
  },
  unsigned: async (options) => {
    const unsigned = 'The keychain of this computer can’t be opened: no secret service answers.';
    const replies = { export_timeline: () => ({ path: '/home/sam/Documents/Lifeboat/20261124-024317-9f3a-15.jsonl', unsigned }) };
    const window = await openRun(restoring(WORK.planned), { ...options, replies });
    await window.get('export').click();
    await window.get('export-jsonl').click();
    await window.get('problem').waitFor();
    return window;
  },
  'leave-out': async (options) => {
    const window = await leavingOut(30, options);
    await window.get('leave-out-2').press(' ');
    await window.press('End', ' ');
    await window.press('ArrowUp', 'ArrowUp');
    return window;
  },
  'leave-out-few': (options) => leavingOut(0, options),
  'leave-out-refused': async (options) => {
    const refusal = new Refusal({ what: 'The timeline can’t be written: no space is left on /home.', next: 'Make room, then export again.' });
    const window = await leavingOut(30, { ...options, replies: { export_timeline: () => refusal } });
    await window.get('leave-out-13').press(' ');
    await window.get('leave-out-submit').click();
    await window.get('leave-out-dialog').getByRole('alert').waitFor();
    return window;
  },
  'leave-out-none': async (options) => {
    const window = await openRun(restoring(WORK.planned, {}, { entries: 1 }), { ...options, replies: { timeline: () => [TIMELINE[0]] } });
    await window.get('export').click();
    await window.get('leave-out').click();
    await window.get('leave-out-dialog').waitFor();
    return window;
  },
};
