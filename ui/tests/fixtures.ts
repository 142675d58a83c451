/** What Rust would send: a restore of badge photos at every point it can stand at. */
import type { ActionView } from '../src/lib/types/ActionView';
import type { Clock } from '../src/lib/types/Clock';
import type { Example } from '../src/lib/types/Example';
import type { FileView } from '../src/lib/types/FileView';
import type { LibraryView } from '../src/lib/types/LibraryView';
import type { Mode } from '../src/lib/types/Mode';
import type { Move } from '../src/lib/types/Move';
import type { Outcome } from '../src/lib/types/Outcome';
import type { PlanSummary } from '../src/lib/types/PlanSummary';
import type { PersonView } from '../src/lib/types/PersonView';
import type { ProgressView } from '../src/lib/types/ProgressView';
import type { RecoveryView } from '../src/lib/types/RecoveryView';
import type { RunView } from '../src/lib/types/RunView';
import type { StartForm } from '../src/lib/types/StartForm';
import type { StepDetail } from '../src/lib/types/StepDetail';
import type { StepRow } from '../src/lib/types/StepRow';
import type { TimelineRow } from '../src/lib/types/TimelineRow';
import type { WorkView } from '../src/lib/types/WorkView';

export const NOW = '2026-11-24T03:14:22Z';
/** Since when the second person has had a passphrase. */
export const SIGNED_UP = '2026-11-02T09:12:40Z';
export const RUN = '20261124-024317-9f3a';
export const DIGEST = '9f3a61d0b7c24e558fd1a0b3c9e7f64212d8a95e7b3c40f1866ad2e95b71c210';
const HEAD = 'c41d7e0a9b6f4d2283e5f7190a6bcd345e8f12a07b94c3d6e5f8091a2b3c4d5e';
export const LONG_KEY = `photos/universität-tampa/${'visitor-programme-2026/'.repeat(7)}badge-000017-edited.jpg`;

interface Seed {
  id: string;
  title: string;
  phase: string;
  kind?: StepDetail['kind'];
  effect?: StepDetail['effect'];
  estimate?: number;
  action?: string;
}

const SEEDS: Seed[] = [
  { id: 'stop-writers', title: 'Stop writers', phase: 'Assess', estimate: 600 },
  { id: 'account', title: 'Check the account', phase: 'Assess', kind: 'action', effect: 'reads', estimate: 60, action: 'aws.preflight' },
  { id: 'survey', title: 'Survey the loss', phase: 'Assess', kind: 'action', effect: 'reads', estimate: 300, action: 'photos.survey' },
  { id: 'restore', title: 'Restore the photos', phase: 'Restore', kind: 'action', effect: 'changes', estimate: 2400, action: 'photos.restore' },
  { id: 'verify', title: 'Verify the photos', phase: 'Restore', kind: 'action', effect: 'reads', estimate: 600, action: 'photos.verify' },
  { id: 'settle', title: 'Let replication catch up', phase: 'Restore', kind: 'wait', estimate: 900 },
  { id: 'spot-check', title: 'Look at ten badges in the Portal', phase: 'Restore', estimate: 600 },
  { id: 'customers', title: 'Are customers affected?', phase: 'Close', kind: 'decision' },
  { id: 'notify-customers', title: 'Tell customers', phase: 'Close', kind: 'communicate', estimate: 900 },
  { id: 'writers-on', title: 'Let writers back in', phase: 'Close', estimate: 300 },
  { id: 'close', title: 'Hand back', phase: 'Close', estimate: 300 },
];

export const EXAMPLES: Example[] = [
  { key: 'photos/harbor-college/000017.jpg', now: 'deleted 02:41:07 UTC', becomes: 'the version of 2026-11-23 01:10:00 UTC' },
  { key: LONG_KEY, now: 'overwritten 02:42:31 UTC', becomes: 'the version of 2026-10-02 16:20:44 UTC' },
  { key: 'photos/north & south transit/000902.jpg', now: 'new since then', becomes: 'left as it is' },
];

export const SUMMARY: PlanSummary = {
  headline: '1,204 photos come back',
  facts: [
    { label: 'deleted since', value: '612' },
    { label: 'overwritten since', value: '592' },
    { label: 'untouched', value: '796' },
    { label: 'new since then, left as they are', value: '14' },
    { label: 'to copy', value: '1.9 GB' },
  ],
  bytes: 1_912_004_112,
  requests: 1204,
  notes: ['Nothing is deleted. No version is removed.', 'A photo that is written after this plan is left alone and reported.'],
  warnings: [],
  examples: EXAMPLES,
  breakdowns: [
    {
      by: 'what is done',
      rows: [
        { name: 'copied, was deleted', count: 612, bytes: 981_004_112 },
        { name: 'copied, was overwritten', count: 592, bytes: 931_000_000 },
      ],
    },
    {
      by: 'organization',
      rows: [
        { name: 'photos/harbor-college/', count: 402, bytes: 641_220_000 },
        { name: 'photos/north & south transit/', count: 233, bytes: 370_114_112 },
        ...Array.from({ length: 9 }, (_, at) => ({ name: `photos/organization-${at + 1}/`, count: 60 - at, bytes: 96_000_000 - at * 1_000_000 })),
        { name: 'others', count: 65, bytes: 61_670_000 },
      ],
    },
    { by: 'storage class', rows: [{ name: 'STANDARD', count: 1204, bytes: 1_912_004_112 }] },
  ],
  undecided: 0,
};

export const OUTCOME: Outcome = {
  verdict: 'passed',
  headline: '1,204 of 1,204 photos are back',
  facts: [
    { label: 'back', value: '1,204' },
    { label: 'not yet', value: '0' },
    { label: 'changed since the plan', value: '0' },
    { label: 'left alone', value: '0' },
  ],
  outputs: {},
  notes: [],
  examples: [],
};

export const HALF: Outcome = {
  ...OUTCOME,
  verdict: 'failed',
  headline: '1,204 of 2,000 photos are back',
  facts: [
    { label: 'back', value: '1,204' },
    { label: 'not yet', value: '796' },
  ],
  notes: ['796 keys are not yet as planned: apply the same plan again, it goes on from there.'],
};

const MOVES: Record<string, Move[]> = {
  idle: ['plan', 'skip'],
  planned: ['approve', 'refuse', 'plan_again', 'skip'],
  verified: ['complete', 'skip'],
  failed: ['apply_again', 'check_again', 'plan', 'skip'],
  in_doubt: ['apply_again', 'check_again', 'plan', 'skip'],
};

export const detail = (id: string, changes: Partial<StepDetail> = {}): StepDetail => {
  const at = SEEDS.findIndex((seed) => seed.id === id);
  const seed = SEEDS[at]!;
  return {
    id,
    number: at + 1,
    title: seed.title,
    phase: seed.phase,
    kind: seed.kind ?? 'manual',
    effect: seed.effect ?? null,
    state: 'ahead',
    html: '<p>Do what the title says, then go on.</p>',
    role: 'operator',
    holders: null,
    second_person: false,
    estimate: seed.estimate ?? null,
    expect: null,
    if_it_fails: 'Stop. Call the Technical Operations Lead.',
    checks: [],
    record: null,
    recorded: null,
    action: null,
    options: [],
    chosen: null,
    wait: null,
    message: null,
    skipped: null,
    moves: [],
    blocked: null,
    ...changes,
  };
};

/** The clocks of a run whose outage began and was declared. */
export const RECOVERY: RecoveryView = {
  clocks: (
    [
      ['outage-began', 'outage began', '2026-11-24T02:32:12.123456789Z'],
      ['detected', 'detected', null],
      ['declared', 'declared', '2026-11-24T02:43:17Z'],
      ['restore-started', 'restore started', null],
      ['data-available', 'data available', null],
      ['validated', 'validated', null],
      ['cut-over', 'cut over', null],
      ['service-validated', 'service validated', null],
      ['stood-down', 'stood down', null],
    ] as const
  ).map(([clock, words, at]) => ({ clock, words, at, said: at !== null })),
  stopped: null,
  held: 0,
  holding: null,
  lost: [],
};

/** A picture of 96 × 64. */
export const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAGAAAABAAQMAAADf+uBNAAAABlBMVEUcX7jo6++ZOBGWAAAAG0lEQVR42mNgYPj/H4GHPmd4+YaBYTR+BjUHALejfpDjueb7AAAAAElFTkSuQmCC';

/** Files that were kept: two about the restore, one about the survey, one about the whole. */
export const FILES: FileView[] = [
  { name: 'screenshot 2026-11-24 03.14.22.png', media: 'image/png', digest: HEAD, bytes: 184_202, step: 'restore' },
  { name: 'ticket.html', media: 'text/html', digest: DIGEST, bytes: 9_114, step: 'restore' },
  { name: 'cloudtrail 2026-11-24.json.gz', media: 'application/gzip', digest: `ab${DIGEST.slice(2)}`, bytes: 2_184_202, step: 'survey' },
  { name: 'call.m4a', media: 'audio/mp4', digest: `cd${DIGEST.slice(2)}`, bytes: 612, step: null },
];

/** The same clocks, some of them set otherwise; what isn't said by a person was read off. */
export const clocks = (at: Partial<Record<Clock, string | null>>, changes: Partial<RecoveryView> = {}): RecoveryView => ({
  ...RECOVERY,
  clocks: RECOVERY.clocks.map((one) => (one.clock in at ? { ...one, at: at[one.clock] ?? null } : one)),
  ...changes,
});

const LONG_NAME = 'Maximiliana Theodora Oyelaran-Featherstonehaugh of the Technical Operations Lead’s standby rota';

/** Twelve who take part, and one who left. */
export const PEOPLE: PersonView[] = (
  [
    ['Sam Ortega', ['operator']],
    ['Dana Whitfield', ['approver']],
    [LONG_NAME, ['incident-commander', 'scribe', 'approver']],
    ['Robin Falk', ['scribe'], '2026-11-24T03:01:12Z'],
    ['Priya Natarajan', ['approver']],
    ['Wolfeschlegelsteinhausenbergerdorff'.repeat(2), ['observer']],
    ...['Ines', 'Tomasz', 'Aoife', 'Kwame', 'Yuki', 'Lior', 'Bela'].map((name) => [`${name} Marsh`, ['observer']]),
  ] as [string, PersonView['roles'], string?][]
).map(([name, roles, left = null], at) => ({ name, roles, joined: `2026-11-24T02:${43 + at}:17Z`, left }));

/** A run that stands at `at`; what is before it is done. */
export function runAt(at: string | null, changes: Partial<StepDetail> = {}, run: Partial<RunView> = {}): RunView {
  const current = SEEDS.findIndex((seed) => seed.id === at);
  const state = (index: number): StepRow['state'] => {
    if (at === null) return index === 5 ? 'skipped' : index === 8 ? 'passed' : 'done';
    return index < current ? 'done' : index > current ? 'ahead' : (changes.state ?? 'current');
  };
  const rows = SEEDS.map((seed, index): StepRow & { phase: string } => ({
    id: seed.id,
    number: index + 1,
    title: seed.title,
    kind: seed.kind ?? 'manual',
    effect: seed.effect ?? null,
    state: state(index),
    estimate: seed.estimate ?? null,
    phase: seed.phase,
    ...(index === current && changes.effect ? { effect: changes.effect } : {}),
  }));
  const phases = ['Assess', 'Restore', 'Close'].map((title) => ({
    title,
    steps: rows.filter((row) => row.phase === title).map(({ phase: _, ...row }) => row),
  }));
  return {
    id: RUN,
    mode: 'incident',
    state: 'active',
    title: 'Restore badge photos',
    version: '1.0.0',
    environment: 'production',
    account: '123456789012',
    region: 'us-east-1',
    operator: 'Sam Ortega',
    approver: null,
    people: [{ name: 'Sam Ortega', roles: ['operator'], joined: '2026-11-24T02:43:17Z', left: null }],
    strict: true,
    break_glass: false,
    broke_glass: false,
    recovery: run.ended ? { ...RECOVERY, stopped: run.ended } : RECOVERY,
    files: [],
    started: '2026-11-24T02:43:17Z',
    ended: null,
    rto: 86400,
    rpo: 14400,
    remaining: 6000,
    parameters: [{ name: 'bucket', value: 'veonics-photos' }],
    phases,
    current: at,
    step: at === null ? null : detail(at, { state: 'current', ...changes }),
    entries: TIMELINE.length,
    signed: null,
    head: HEAD,
    working: false,
    ...run,
  };
}

export const action = (id: string, work: WorkView, changes: Partial<ActionView> = {}): ActionView => ({
  id,
  about: 'Brings the photos back to what they were at a moment, by adding the good version on top.',
  params: [
    { name: 'at', value: '2026-11-24T01:10:00Z' },
    { name: 'bucket', value: 'veonics-photos' },
    { name: 'prefix', value: 'photos/' },
  ],
  work,
  choice: null,
  values: [],
  attachments: [],
  manifest: changes.attachments?.some(({ label }) => label !== 'plan') ?? false,
  ...changes,
});

/** The restore step, with its action standing at `work`. */
export function restoring(work: WorkView, changes: Partial<StepDetail> = {}, run: Partial<RunView> = {}): RunView {
  const busy = ['reading', 'planning', 'applying', 'verifying'].includes(work.is);
  const attachments = work.is === 'idle' || work.is === 'planning' ? [] : [{ label: 'plan', digest: DIGEST, bytes: 412_330 }];
  return runAt(
    'restore',
    {
      html: '<p>The live versions stay: this adds the good version on top of each bad one. See <a href="https://example.com/policy" rel="noopener noreferrer">the policy</a>.</p>',
      expect: 'Every key that lived at the restore point.',
      second_person: true,
      state: busy ? 'working' : work.is === 'failed' || work.is === 'in_doubt' ? 'attention' : 'current',
      action: action('photos.restore', work, { attachments }),
      moves: MOVES[work.is] ?? [],
      ...changes,
    },
    { working: busy, approver: work.is === 'planned' || work.is === 'idle' ? null : 'Dana Whitfield', ...run },
  );
}

export const WORK = {
  idle: { is: 'idle' },
  planning: { is: 'planning', since: '2026-11-24T03:12:02Z' },
  planned: { is: 'planned', digest: DIGEST, summary: SUMMARY, at: '2026-11-24T03:12:40Z' },
  applying: { is: 'applying', since: '2026-11-24T03:14:07Z', digest: DIGEST, summary: SUMMARY, approved_by: 'Dana Whitfield', attempt: 1 },
  verifying: { is: 'verifying', since: '2026-11-24T03:14:10Z', applied: OUTCOME },
  in_doubt: { is: 'in_doubt', since: '2026-11-24T03:14:07Z', digest: DIGEST, checking: false, found: HALF, problem: null },
  failed: {
    is: 'failed',
    stage: 'apply',
    at: '2026-11-24T03:14:18Z',
    problem: {
      what: 'S3 refused CopyObject for 12 keys: the login of profile veonics-dr expired at 03:14:16 UTC.',
      next: 'Run `aws sso login --profile veonics-dr` in a terminal, then go on with the approved plan.',
    },
    outcome: { ...HALF, examples: [{ key: LONG_KEY, now: 'deleted', becomes: 'failed: ExpiredToken, request 4V2…' }] },
  },
  verified: { is: 'verified', at: '2026-11-24T03:14:20Z', outcome: OUTCOME, applied: OUTCOME },
} satisfies Record<string, WorkView>;

export const NO_NETWORK = {
  is: 'failed',
  stage: 'read',
  at: '2026-11-24T03:14:18Z',
  problem: {
    what: 'S3 did not answer within 30 s: no route to s3.us-east-1.amazonaws.com.',
    next: 'Check the network and the VPN, then try again. Nothing was changed.',
  },
  outcome: null,
} satisfies WorkView;

export const PROGRESS: ProgressView = {
  run: RUN,
  step: 'restore',
  doing: 'bringing photos back',
  done: 412,
  total: 1204,
  failed: 3,
  bytes: 655_113_000,
  rate: 31.4,
  left: 25,
  paused: null,
};

export const MANUAL: Partial<StepDetail> = {
  html: '<p>Put the Portal into maintenance mode. Call the Portal lead if the page does not come up within <strong>five minutes</strong>.</p><ol><li>Open the console.</li><li>Run <code>portal maintenance on</code>.</li></ol>',
  expect: 'The maintenance page, on every host.',
  checks: [
    { html: 'Maintenance page is up', text: 'Maintenance page is up', ticked_at: '2026-11-24T03:05:31Z', ticked_by: 'Sam Ortega' },
    { html: 'Uploads refuse', text: 'Uploads refuse', ticked_at: null, ticked_by: null },
  ],
  moves: ['complete', 'skip'],
  blocked: 'Tick 1 more check.',
};

export const DECISION: Partial<StepDetail> = {
  html: '<p>Ask the card offices of each organization on the list.</p>',
  options: [
    { label: 'yes', leads_to: 'Tell customers' },
    { label: 'no', leads_to: 'Let writers back in' },
  ],
  moves: ['decide', 'skip'],
};

export const WAIT: Partial<StepDetail> = {
  wait: { text: '15 minutes', began: '2026-11-24T03:10:00Z', ends: '2026-11-24T03:25:00Z' },
  moves: ['complete', 'skip'],
};

export const MESSAGE: Partial<StepDetail> = {
  message: {
    audience: 'Customers whose badges were affected',
    text: 'Between 02:32 and 03:14 UTC some badge photos did not show in the Portal.\nThey are back. No photo was lost, and nobody else has seen them.',
  },
  moves: ['complete', 'skip'],
};

export const RECORD: Partial<StepDetail> = {
  html: '<p>Open ten badges from different organizations, and look at each photo.</p>',
  record: 'text',
  moves: ['complete', 'skip'],
};

const LINES: [string, string, string, string | null][] = [
  ['02:43:17', 'run_started', 'Incident started: Restore badge photos on production (account 123456789012, us-east-1)', null],
  ['02:44:02', 'noted', 'note: the card office of Harbor College called first, at 02:39', 'stop-writers'],
  ['02:51:40', 'check_ticked', 'ticked: Maintenance page is up', 'stop-writers'],
  ['02:55:02', 'check_ticked', 'ticked: Uploads refuse', 'stop-writers'],
  ['02:55:05', 'step_completed', 'done: Stop writers', 'stop-writers'],
  ['02:55:09', 'read_started', 'aws.preflight started', 'account'],
  ['02:55:11', 'read_finished', 'Account 123456789012 in us-east-1, as it should be', 'account'],
  ['02:55:20', 'step_completed', 'done: Check the account', 'account'],
  ['02:56:01', 'read_started', 'photos.survey started', 'survey'],
  ['02:58:44', 'read_failed', 'could not run Survey the loss: S3 did not answer within 30 s. Check the network, then try again.', 'survey'],
  ['02:59:10', 'read_started', 'photos.survey started', 'survey'],
  ['03:04:52', 'read_finished', '612 photos deleted and 592 overwritten since 2026-11-24 01:10:00 UTC, 796 untouched', 'survey'],
  ['03:05:31', 'noted', 'note: alarms are quiet since the script was stopped', 'survey'],
  ['03:12:02', 'plan_started', 'planning photos.restore', 'restore'],
  ['03:12:40', 'plan_ready', 'plan 9f3a…c210 ready: 1,204 photos come back', 'restore'],
];

export const TIMELINE: TimelineRow[] = LINES.map(([time, kind, text, step], at) => ({
  seq: at + 1,
  at: `2026-11-24T${time}Z`,
  actor: ['noted', 'run_started', 'check_ticked', 'step_completed'].includes(kind) ? 'Sam Ortega' : 'lifeboat',
  kind,
  text,
  request_id: null,
  step,
  hash: HEAD,
}));

/** `count` notes after what else is in the timeline, every third of them a file and every fourth a long text. */
export const noted = (count: number): TimelineRow[] => [
  ...TIMELINE,
  ...Array.from({ length: count }, (_, at): TimelineRow => {
    const seq = TIMELINE.length + at + 1;
    const file = at % 3 === 2;
    const long = `: ${'the card office asked who may see the photos of visitors, and was told. '.repeat(12)}\nCall back: ${LONG_KEY}`;
    return {
      seq,
      at: `2026-11-24T03:${String(13 + (at % 40)).padStart(2, '0')}:07Z`,
      actor: at % 5 === 4 ? LONG_NAME : 'Sam Ortega',
      kind: file ? 'attached' : 'noted',
      text: file ? `attached screenshot ${seq}.png (184202 bytes, SHA-256 c41d7e0a)` : `note: number ${seq}${at % 4 === 3 ? long : ''}`,
      request_id: null,
      step: 'restore',
      hash: HEAD,
    };
  }),
];

export const LIBRARY: LibraryView = {
  runbooks: [
    {
      id: 'restore-badge-photos', title: 'Restore badge photos', version: '1.0.0', owner: 'Technical Operations Lead',
      reviewed: '2026-11-01', systems: ['badge-photos'], rto: 86400, rpo: 14400, steps: 11, estimate: 7560,
      effect: 'changes', source: 'shipped', problems: [], usable: true,
    },
    {
      id: 'restore-on-premises', title: 'Restore the on-premises systems from Datto', version: '1.0.0',
      owner: 'Technical Operations Lead', reviewed: '2026-03-14', systems: ['office-files', 'print-server'], rto: 172800,
      rpo: 86400, steps: 24, estimate: 21600, effect: null, source: 'shipped', usable: true,
      problems: [
        { severity: 'warning', place: 'restore-on-premises.md:6:11', message: 'warning[stale-review]: last reviewed 255 days ago', hint: 'Review it, then put today’s date here.' },
      ],
    },
    {
      id: 'rotate-keys', title: 'Rotate the keys of the print service after a suspected leak', version: null, owner: null,
      reviewed: null, systems: [], rto: null, rpo: null, steps: 4, estimate: 0, effect: null,
      source: '~/.local/share/lifeboat/runbooks/rotate-keys.md', problems: [], usable: true,
    },
    {
      id: 'failover-database.md', title: 'failover-database.md', version: null, owner: null, reviewed: null, systems: [],
      rto: null, rpo: null, steps: 0, estimate: 0, effect: null, source: '~/.local/share/lifeboat/runbooks/failover-database.md',
      problems: [
        { severity: 'error', place: 'failover-database.md:41:3', message: 'unknown action database.failover', hint: 'Did you mean database.cut_over?' },
        { severity: 'error', place: 'failover-database.md:58:7', message: '${steps.survey.snapshots} refers to nothing', hint: 'database.survey gives: snapshot, restore_window, engine.' },
        { severity: 'warning', place: 'failover-database.md:1:1', message: 'no owner', hint: 'Say who answers for it with `owner:`.' },
      ],
      usable: false,
    },
  ],
  runs: [
    {
      id: RUN, title: 'Restore badge photos', mode: 'incident', environment: 'production', operator: 'Sam Ortega',
      started: '2026-11-24T02:43:17Z', last: '2026-11-24T03:12:40Z', state: 'active', at: 'Restore the photos', done: 3,
      steps: 11, problem: null,
    },
    {
      id: '20261102-140000-aa01', title: 'Restore badge photos', mode: 'exercise', environment: 'practice',
      operator: 'Dana Whitfield', started: '2026-11-02T14:00:00Z', last: '2026-11-02T15:21:10Z', state: 'finished',
      at: null, done: 11, steps: 11, problem: null,
    },
    {
      id: '20260914-130211-bc77', title: 'Restore the on-premises systems from Datto', mode: 'rehearsal',
      environment: 'rehearsal', operator: 'Sam Ortega', started: '2026-09-14T13:02:11Z', last: '2026-09-14T16:40:00Z',
      state: 'abandoned', at: null, done: 17, steps: 24, problem: null,
    },
  ],
  environments: [
    { name: 'production', account: '123456789012', region: 'us-east-1', database: 'portal', portal: 'portal.veonics.example', practice: false, problem: null },
    { name: 'rehearsal', account: '210987654321', region: 'us-east-2', database: null, portal: null, practice: false, problem: 'The profile veonics-rehearsal is not in the AWS configuration. Add it with `aws configure sso`.' },
    { name: 'practice', account: '000000000000', region: 'us-east-1', database: 'portal', portal: '127.0.0.1:9312', practice: true, problem: null },
  ],
  home: '~/.local/share/lifeboat',
  operator: 'Sam Ortega',
  environment: 'practice',
};

export const form = (modes: Mode[] = ['exercise']): StartForm => ({
  runbook: 'restore-badge-photos',
  title: 'Restore badge photos',
  version: '1.0.0',
  introduction: '<p>For when badge photos are missing or wrong in the Portal. It brings a bucket back to a moment, and never removes a version.</p>',
  modes,
  scenario: modes.includes('exercise')
    ? {
        id: 'mass-deletion',
        title: 'A clean-up script deleted badge photos',
        briefing:
          'The card office reports that hundreds of badge photos show as missing in the Portal, across several organizations.\n\nThe photos were last known to be good at 2026-11-24 02:31:00 UTC.\n',
        before_damage: '2026-11-24T02:31:00Z',
        runbook: 'restore-badge-photos',
        damage_began: '2026-11-24T02:32:12Z',
      }
    : null,
  parameters: [
    { name: 'restore_to', kind: 'timestamp', prompt: 'The last moment the photos were known to be good', help: null, choices: [], default: null, required: true },
    { name: 'bucket', kind: 'bucket', prompt: 'The bucket that holds the photos', help: null, choices: [], default: 'veonics-photos', required: true },
    { name: 'prefix', kind: 'prefix', prompt: 'Only keys that begin with', help: null, choices: [], default: 'photos/', required: false },
    { name: 'extra', kind: 'choice', prompt: 'Photos that are new since then', help: 'Leave reports them; delete hides each behind a marker.', choices: ['leave', 'delete'], default: 'leave', required: true },
    { name: 'notify', kind: 'boolean', prompt: 'Are customers told?', help: null, choices: [], default: 'true', required: true },
    { name: 'organisations', kind: 'integer', prompt: 'How many organizations are affected', help: null, choices: [], default: null, required: false },
    { name: 'patience', kind: 'duration', prompt: 'How long to wait for replication', help: null, choices: [], default: '15m', required: true },
    { name: 'region', kind: 'region', prompt: 'Region', help: null, choices: ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'], default: 'us-east-1', required: true },
    { name: 'ticket', kind: 'text', prompt: 'Ticket', help: 'The number in Jira, when there is one.', choices: [], default: null, required: false },
  ],
});

/** A run of `count` steps in phases of fifty. */
export function longRun(count: number, at: number): RunView {
  const steps = Array.from({ length: count }, (_, index): StepRow => ({
    id: `step-${index + 1}`,
    number: index + 1,
    title: `Check host ${index + 1} of the print network`,
    kind: 'manual',
    effect: null,
    state: index + 1 < at ? 'done' : index + 1 === at ? 'current' : 'ahead',
    estimate: 60,
  }));
  const phases = Array.from({ length: Math.ceil(count / 50) }, (_, index) => ({
    title: `Rack ${index + 1}`,
    steps: steps.slice(index * 50, index * 50 + 50),
  }));
  const step = longStep(at);
  return runAt(null, {}, { phases, current: step.id, step, title: 'Check every host' });
}

export const longStep = (at: number): StepDetail => ({
  ...detail('stop-writers', { state: 'current', moves: ['complete', 'skip'] }),
  id: `step-${at}`,
  number: at,
  title: `Check host ${at} of the print network`,
  phase: `Rack ${Math.ceil(at / 50)}`,
});

export const HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** A run whose every text tries to be markup. */
export function hostileRun(): RunView {
  const view = restoring({
    ...WORK.planned,
    summary: {
      ...SUMMARY,
      headline: HOSTILE,
      facts: [{ label: HOSTILE, value: HOSTILE }],
      notes: [HOSTILE],
      warnings: [HOSTILE],
      examples: [{ key: HOSTILE, now: HOSTILE, becomes: HOSTILE }],
      breakdowns: [{ by: HOSTILE, rows: [{ name: HOSTILE, count: 1, bytes: 1 }] }],
    },
  });
  const step = { ...view.step!, title: HOSTILE, phase: HOSTILE, expect: HOSTILE, if_it_fails: HOSTILE };
  const phases = view.phases.map((phase) => ({
    title: HOSTILE,
    steps: phase.steps.map((row) => ({ ...row, title: `${row.number} ${HOSTILE}` })),
  }));
  return { ...view, title: HOSTILE, environment: HOSTILE, operator: HOSTILE, step, phases };
}
