/** What Rust would send of the Portal DB: moments to go back to, a restore that is chosen, waited for, discarded. */
import type { Moments } from '../src/lib/types/Moments';
import type { Move } from '../src/lib/types/Move';
import type { Outcome } from '../src/lib/types/Outcome';
import type { Pair } from '../src/lib/types/Pair';
import type { PlanValue } from '../src/lib/types/PlanValue';
import type { PlanSummary } from '../src/lib/types/PlanSummary';
import type { Point } from '../src/lib/types/Point';
import type { RunView } from '../src/lib/types/RunView';
import type { StepDetail } from '../src/lib/types/StepDetail';
import type { StepRow } from '../src/lib/types/StepRow';
import type { TimelineRow } from '../src/lib/types/TimelineRow';
import type { WorkView } from '../src/lib/types/WorkView';
import { DIGEST, SUMMARY, TIMELINE, action, runAt } from './fixtures';

const daily = (day: number, loses: string): Point => ({
  at: `2026-11-${day}T06:12:40Z`,
  of: `automated snapshot rds:portal-2026-11-${day}-06-12, us-east-1`,
  loses,
  hindered: null,
  with: { from: 'snapshot', snapshot: `rds:portal-2026-11-${day}-06-12`, region: 'us-east-1' },
});

export const BEFORE_MIGRATION: Point = {
  at: '2026-11-24T01:10:02Z',
  of: 'manual snapshot before-migration, us-east-1',
  loses: '1 h 22 min',
  hindered: null,
  with: { from: 'snapshot', snapshot: 'before-migration', region: 'us-east-1' },
};

export const MOMENTS: Moments = {
  now: '2026-11-24T03:10:00Z',
  outage: '2026-11-24T02:32:12.480Z',
  asked: '2026-11-24T02:31:00Z',
  windows: [
    {
      earliest: '2026-11-17T06:12:40Z',
      latest: '2026-11-24T03:05:12Z',
      of: 'automated backups of portal, us-east-1',
      with: { from: 'point_in_time', region: 'us-east-1' },
    },
    {
      earliest: '2026-11-20T14:00:00Z',
      latest: '2026-11-24T02:58:40Z',
      of: 'automated backups of portal, replicated to us-west-2',
      with: { from: 'point_in_time', region: 'us-west-2' },
    },
  ],
  points: [
    daily(17, '6 days 20 h'), daily(18, '5 days 20 h'), daily(19, '4 days 20 h'), daily(20, '3 days 20 h'),
    daily(21, '2 days 20 h'), daily(22, '44 h'), daily(23, '20 h 20 min'),
    BEFORE_MIGRATION,
    {
      at: '2026-11-10T05:00:00Z',
      of: 'AWS Backup snapshot awsbackup:job-52d0, us-east-1',
      loses: '13 days 21 h',
      hindered: null,
      with: { from: 'snapshot', snapshot: 'awsbackup:job-52d0', region: 'us-east-1' },
    },
    {
      at: '2026-11-24T03:08:30Z',
      of: 'manual snapshot after-the-outage, us-east-1',
      loses: 'nothing',
      hindered: 'It is still being made: 42 % done. Survey again in a few minutes.',
      with: { from: 'snapshot', snapshot: 'after-the-outage', region: 'us-east-1' },
    },
    {
      at: '2026-11-23T06:12:40Z',
      of: 'copy of rds:portal-2026-11-23-06-12, us-west-2',
      loses: '20 h 20 min',
      hindered: 'It is in us-west-2: copy it to us-east-1 first, or restore in us-west-2.',
      with: { from: 'snapshot', snapshot: 'portal-2026-11-23-copy', region: 'us-west-2' },
    },
  ],
};

const STEPS: [string, string, string, StepRow['kind'], StepRow['effect']][] = [
  ['stop-writers', 'Stop writers', 'Assess', 'manual', null],
  ['account', 'Check the account', 'Assess', 'action', 'reads'],
  ['survey', 'Survey the database', 'Assess', 'action', 'reads'],
  ['restore', 'Restore the database beside the damaged one', 'Restore', 'action', 'changes'],
  ['verify', 'Verify the restored rows', 'Restore', 'action', 'reads'],
  ['reconcile', 'Compare with the photos', 'Restore', 'action', 'reads'],
  ['cut-over', 'Give it the name the Portal knows', 'Restore', 'action', 'changes'],
  ['obliterate', 'Remove what was obliterated', 'Restore', 'action', 'destroys'],
  ['discard', 'Discard what the rehearsal made', 'Close', 'action', 'destroys'],
  ['close', 'Hand back', 'Close', 'manual', null],
];

/** A run of the Portal DB's runbook that stands at `at`. */
export function portalAt(at: string, changes: Partial<StepDetail>, run: Partial<RunView> = {}): RunView {
  const current = STEPS.findIndex(([id]) => id === at);
  const [, title, phase, kind, effect] = STEPS[current]!;
  const row = ([id, title, , kind, effect]: (typeof STEPS)[number], index: number): StepRow => ({
    id,
    number: index + 1,
    title,
    kind,
    effect,
    state: index < current ? 'done' : index > current ? 'ahead' : (changes.state ?? 'current'),
    estimate: 600,
  });
  const rows = STEPS.map((step, index) => ({ phase: step[2], row: row(step, index) }));
  const phases = ['Assess', 'Restore', 'Close'].map((title) => ({ title, steps: rows.filter((one) => one.phase === title).map((one) => one.row) }));
  const base = runAt('stop-writers', {}, {});
  const step: StepDetail = {
    ...base.step!,
    id: at, number: current + 1, title, phase, kind, effect, state: 'current', estimate: 2400,
    html: '<p>The damaged instance stays as it is: this makes a new one beside it.</p>',
    expect: 'A new instance that is available, set up as the old one was.',
    ...changes,
  };
  return { ...base, title: 'Restore the Portal DB', phases, current: at, step, parameters: [{ name: 'instance', value: 'portal' }], ...run };
}

const MOVES: Partial<Record<WorkView['is'], Move[]>> = {
  idle: ['plan', 'skip'],
  planned: ['approve', 'refuse', 'plan_again', 'skip'],
  failed: ['plan', 'skip'],
};

const RESTORE = 'Makes a new instance from the automated backups or a snapshot, set up as the old one was.';
const pairs = (values: Record<string, string>): Pair[] => Object.entries(values).map(([name, value]) => ({ name, value }));

export const PASSWORD: PlanValue = {
  name: 'password',
  about: 'The master password: the one of the backup (`keep`, the default), or a new one that RDS makes and keeps in Secrets Manager.',
  value: '',
  choices: ['keep', 'managed'],
  needed: false,
  rare: false,
};

export const ORGANIZATIONS: PlanValue = {
  name: 'organizations',
  about: 'The ids of the organizations, separated by commas, as the register of obliterations has them; given when the plan is made.',
  value: '',
  choices: [],
  needed: true,
  rare: false,
};

export const EXCLUDE: PlanValue = {
  name: 'exclude',
  about: 'Beginnings of keys, separated by commas, that are left as they are: photos of organizations that were obliterated.',
  value: '',
  choices: [],
  needed: false,
  rare: false,
};

export const EXCLUDE_FILE: PlanValue = {
  ...EXCLUDE,
  name: 'exclude_file',
  about: 'A file on this laptop that lists what is left as it is, one a line: a prefix when it ends in `/` or `*`, a whole key otherwise.',
};

export const TIER: PlanValue = {
  name: 'tier',
  about: 'How fast archived photos are thawed: `standard` (the default) takes 3 to 12 hours.',
  value: '',
  choices: ['standard', 'bulk', 'expedited'],
  needed: false,
  rare: true,
};

/** The restore of the database, with its action standing at `work`, asked with `values`. */
export function restoringDb(
  work: WorkView,
  values: Record<string, string> = { at: '2026-11-24T02:31:00Z' },
  moments: Moments | null = MOMENTS,
  run: Partial<RunView> = {},
): RunView {
  const moves = MOVES[work.is] ?? [];
  const choice = moments && moves.length > 0 ? { moments, surveyed_by: 'Survey the database', values: pairs(values) } : null;
  const params = pairs({ instance: 'portal', ...values });
  const asked = moves.length > 0 ? [{ ...PASSWORD, value: values.password ?? '' }] : [];
  const busy = moves.length === 0;
  return portalAt(
    'restore',
    { state: busy ? 'working' : 'current', second_person: true, moves, action: action('database.restore', work, { about: RESTORE, params, choice, values: asked }) },
    { working: busy, ...run },
  );
}

const INVENTORY = 'the inventory of 2026-11-23 03:00:00 UTC, 1 day old';

/** What a restore says again: 44 settings, each with where its value comes from. */
export const SETTINGS = [
  ['class', 'db.m6g.large (the living instance)'],
  ['parameter group', 'portal-mysql80 (the living instance)'],
  ['security groups', `sg-0a12portal, sg-0b44bastion (${INVENTORY})`],
  ['option group', "RDS's default (a default, because nothing else is known)"],
  ...Array.from({ length: 40 }, (_, at) => [`setting ${at + 1}`, `value ${at + 1} (the living instance)`]),
].map(([label, value]) => ({ label: label!, value: value! }));

/** The same in a survey: what is, what a restore alone would make of it, where its value will come from. */
const BESIDE = [
  ['parameter group', 'portal-mysql80 → the engine’s default one → the living instance'],
  ['security groups', 'sg-0a12portal, sg-0b44bastion → the VPC’s default one → the living instance'],
  ['deletion protection', 'on → off → the living instance'],
  ['backup retention', '7 days → 7 days → the living instance'],
].map(([label, value]) => ({ label: label!, value: value! }));

export const PLAN: PlanSummary = {
  ...SUMMARY,
  headline: 'portal-restore-7f3a9c is made from portal as it was at 2026-11-24 02:31:00 UTC',
  facts: [{ label: 'restored to', value: '02:31:00 UTC' }, { label: 'would be lost', value: '1 min 12 s' }, ...SETTINGS],
  bytes: 0,
  requests: 6,
  notes: ['portal stays as it is: nothing of it is changed or deleted.'],
  examples: [],
};

export const PLANNED: WorkView = { is: 'planned', digest: DIGEST, at: '2026-11-24T03:12:40Z', summary: PLAN };

export const WAITING: WorkView = {
  is: 'applying',
  since: '2026-11-23T18:14:07Z',
  digest: DIGEST,
  summary: PLAN,
  approved_by: 'Dana Whitfield',
  attempt: 1,
};

export const CREATING = { step: 'restore', doing: 'modifying portal-restore-7f3a9c: deletion protection, backups', done: 0, total: null, failed: 0, bytes: 0, rate: 0, left: null, paused: null };

const TOLD: [string, string, string | null][] = [
  ['2026-11-23T18:14:09Z', 'portal-restore-7f3a9c: creating', '4c1f09aa-6d0e-4b41-9c55-6a6c1d1a8f02'],
  ['2026-11-24T02:41:30Z', 'portal-restore-7f3a9c: backing-up', '9be2d770-0d7c-4e6a-8f0f-13a1b85c7d11'],
  ['2026-11-24T03:02:11Z', 'portal-restore-7f3a9c: modifying', null],
];

/** The timeline with what AWS told of at its end. */
export const TOLD_ROWS: TimelineRow[] = [
  ...TIMELINE.slice(0, 12),
  ...TOLD.map(([at, text, request_id], index) => ({ ...TIMELINE[0]!, seq: 13 + index, at, text, request_id, kind: 'happened', actor: 'lifeboat', step: 'restore' })),
];

export const SURVEYED: Outcome = {
  verdict: 'passed',
  headline: 'portal can be brought back to any second from 2026-11-17 06:12:40 to 2026-11-24 03:05:12 UTC, and to 9 snapshots',
  facts: [{ label: 'achievable RPO', value: '0 s' }, { label: 'encrypted with', value: 'alias/portal-rds' }, { label: BEFORE_MIGRATION.of, value: '2 h old, loses 1 h 22 min, encrypted' }, ...BESIDE],
  outputs: {},
  notes: ['1 snapshot is still being made.'],
  examples: [],
  moments: MOMENTS,
};

export const surveyed = (): RunView =>
  portalAt('survey', {
    html: '<p>Nothing is changed. Read aloud what would be lost.</p>',
    expect: 'The newest moment is after the last good one.',
    moves: ['complete', 'read', 'skip'],
    action: action('database.survey', { is: 'verified', at: '2026-11-24T03:10:04Z', outcome: SURVEYED, applied: null }, {
      about: 'Says what the database can be brought back to, and how much each of that would lose.',
      params: pairs({ instance: 'portal' }),
    }),
  });

/** The plan to discard what a rehearsal made. */
export function discarding(digest = DIGEST): RunView {
  const summary: PlanSummary = {
    ...PLAN,
    headline: 'portal-restore-7f3a9c is deleted, with its automated backups',
    facts: [{ label: 'made by', value: 'this run, at 18:14:09 UTC' }, { label: 'final snapshot', value: 'none' }],
    notes: ['portal is not touched.'],
    typed: 'portal-restore-7f3a9c',
  };
  const work: WorkView = { is: 'planned', digest, at: '2026-11-24T03:12:40Z', summary };
  const about = 'Deletes an instance that this run made, if the run is a rehearsal or an exercise.';
  const params = pairs({ instance: 'portal-restore-7f3a9c' });
  return portalAt(
    'discard',
    {
      html: '<p>Everything that this rehearsal made is deleted. The Portal’s own instance is not touched.</p>',
      expect: 'portal-restore-7f3a9c is gone.',
      second_person: true,
      moves: MOVES.planned!,
      action: action('database.discard', work, { about, params }),
    },
    { mode: 'rehearsal' },
  );
}

/** Removing organizations that came back, with its action standing at `work`, asked with `organizations`. */
export function obliterating(work: WorkView, organizations = ''): RunView {
  const asked: Record<string, string> = organizations === '' ? {} : { organizations };
  return portalAt('obliterate', {
    html: '<p>Those organizations came back with the restored rows. Give their ids when you make the plan.</p>',
    expect: 'No row of those organizations is left.',
    second_person: true,
    moves: MOVES[work.is] ?? [],
    action: action('database.obliterate', work, {
      about: 'Removes organizations again that were obliterated and that a restore brought back.',
      params: pairs({ instance: 'portal-restore-7f3a9c', ...asked }),
      values: [{ ...ORGANIZATIONS, value: organizations }],
    }),
  });
}

/** The plan to remove them. */
export const REMOVAL: WorkView = {
  is: 'planned',
  digest: DIGEST,
  at: '2026-11-24T03:12:40Z',
  summary: {
    ...PLAN,
    headline: '1 of 2 organizations came back: 5 rows will be removed from portal-restore-7f3a9c',
    facts: [{ label: 'organizations looked for', value: '2' }, { label: 'rows removed', value: '5' }],
    notes: ['portal is not touched.'],
    typed: 'portal-restore-7f3a9c',
  },
};
