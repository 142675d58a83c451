/** What buttons, tags and announcements say. */
import { digest } from './format';
import type { Effect } from './types/Effect';
import type { Mode } from './types/Mode';
import type { Move } from './types/Move';
import type { NoteTag } from './types/NoteTag';
import type { Role } from './types/Role';
import type { RunView } from './types/RunView';
import type { ScenarioView } from './types/ScenarioView';
import type { StepDetail } from './types/StepDetail';
import type { StepKind } from './types/StepKind';
import type { StepState } from './types/StepState';
import type { WorkView } from './types/WorkView';

export const MODES: Mode[] = ['incident', 'rehearsal', 'exercise'];

export const MODE: Record<Mode, { word: string; with: string; means: string }> = {
  incident: {
    word: 'Incident',
    with: 'the incident',
    means: 'The real thing. Steps act on the live systems of this environment, and the review will read what you do.',
  },
  rehearsal: {
    word: 'Rehearsal',
    with: 'the rehearsal',
    means: 'The tested restore. Real AWS, isolated targets: the same steps and times, and nothing live is replaced.',
  },
  exercise: {
    word: 'Exercise',
    with: 'the exercise',
    means: 'A tabletop on the practice range, on this machine. Real steps, made-up data, nothing outside is touched.',
  },
};

export const ROLE: Record<Role, string> = {
  operator: 'operator',
  approver: 'approver',
  'incident-commander': 'incident commander',
  scribe: 'scribe',
  facilitator: 'facilitator',
  observer: 'observer',
};

/** The role that the words of a step mean. */
export const roleOf = (words: string | null): Role => JOINING.find((role) => ROLE[role] === words) ?? 'approver';

/** What somebody can join as: there is one operator, who hands over. */
export const JOINING = (Object.keys(ROLE) as Role[]).filter((role) => role !== 'operator');

export const EFFECT: Record<Effect, string> = { reads: 'Reads', changes: 'Changes', destroys: 'Destroys' };

export const KIND: Record<StepKind, string> = {
  manual: 'By hand',
  action: 'Action',
  decision: 'Decision',
  wait: 'Wait',
  communicate: 'Message',
};

/** What a note may be for, in the review. */
export const TAGS: [NoteTag, string][] = [
  ['impact', 'Impact'],
  ['went_well', 'Went well'],
  ['went_badly', 'Went badly'],
];

export const STATE: Record<StepState, string> = {
  ahead: 'ahead',
  current: 'current step',
  working: 'at work',
  attention: 'needs attention',
  done: 'done',
  skipped: 'skipped',
  passed: 'led past',
};

interface ActionWords {
  read: string;
  plan: string;
  approve: string;
  /** What approving does to the one that has to be named. */
  destroys: string;
}

const ACTION: Record<string, Partial<ActionWords>> = {
  'aws.preflight': { read: 'Check the account' },
  'photos.survey': { read: 'Survey the photos' },
  'photos.verify': { read: 'Verify the photos' },
  'photos.reconcile': { read: 'Compare the photos with the database' },
  'photos.restore': { plan: 'Plan the restore', approve: 'Approve and restore' },
  'photos.undelete': {
    plan: 'Plan the removal of delete markers',
    approve: 'Remove the delete markers in',
    destroys: 'This removes the delete markers in',
  },
  'photos.rewind': { plan: 'Plan the rewind', approve: 'Rewind', destroys: 'This removes everything newer in' },
  'database.survey': { read: 'Survey the database' },
  'database.restore': { plan: 'Plan this restore', approve: 'Approve and restore' },
  'database.verify': { read: 'Verify the database' },
  'database.cut_over': { plan: 'Plan the cut-over', approve: 'Approve and cut over' },
  'database.obliterate': { plan: 'Plan the removal', approve: 'Remove the organizations from', destroys: 'This removes organizations from' },
  'database.discard': { plan: 'Plan the deletion', approve: 'Delete', destroys: 'This deletes' },
  'portal.probe': { read: 'Ask the Portal for its page' },
};

function actionWords({ action }: StepDetail): ActionWords {
  const id = action?.id ?? '';
  const words = { read: `Run ${id}`, plan: `Plan ${id}`, approve: `Approve and run ${id}`, destroys: 'This destroys', ...ACTION[id] };
  const back = id === 'database.cut_over' && action?.params.some(({ name, value }) => name === 'back' && value === 'true');
  return back ? { ...words, plan: 'Plan the way back', approve: 'Approve and give the names back' } : words;
}

/** What approving a plan that destroys something says: the verb and the object. */
const destroys = (step: StepDetail, target: string) =>
  `${ACTION[step.action?.id ?? '']?.approve ?? `Run ${step.action?.id} on`} ${target}`;

/** What that does, before the name of its target. */
export const destroysWords = (step: StepDetail) => actionWords(step).destroys;

/** What has to be typed before the plan that waits is approved: the name of what will be gone. */
export function typedFor(step: StepDetail): string | null {
  const work = step.action?.work;
  return work?.is === 'planned' ? (work.summary.typed ?? null) : null;
}

/** What the button of a move says: the verb and the object. `changed`: something else was chosen than was planned. */
export function moveLabel(move: Move, step: StepDetail, last: boolean, changed = false): string {
  const action = actionWords(step);
  const work = step.action?.work.is;
  const target = typedFor(step);
  switch (move) {
    case 'complete':
      if (last) return 'Finish the run';
      if (step.kind === 'manual') return 'Mark the step as done';
      return step.kind === 'communicate' ? 'Mark the message as sent' : 'Go on to the next step';
    case 'read':
      if (work === 'verified') return 'Look again';
      return work === 'failed' ? `Try again: ${lower(action.read)}` : action.read;
    case 'plan':
      return work === 'idle' || step.action?.choice ? action.plan : 'Make a new plan';
    case 'approve':
      return target === null ? action.approve : destroys(step, target);
    case 'refuse':
      return 'Refuse the plan…';
    case 'plan_again':
      return changed ? `${action.plan} instead` : 'Plan again';
    case 'ties_photo':
      return 'Plan again, undecided keys are photos';
    case 'ties_deleted':
      return 'Plan again, undecided keys are deleted';
    case 'apply_again':
      return 'Go on with the approved plan';
    case 'check_again':
      return 'Check again';
    case 'decide':
      return 'Choose this';
    case 'start_wait':
      return 'Start the wait';
    case 'follow_failure':
      return `It failed: ${lower(step.if_it_fails).replace(/\.$/, '')}`;
    case 'skip':
      return 'Skip with a reason…';
  }
}

/** What going on alone says: the same verb and object. */
export const glassLabel = (step: StepDetail) => `Break the glass: ${lower(moveLabel('approve', step, false))}`;

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Where an action stands, in a sentence for people who don't see it. */
export function workSentence(work: WorkView): string {
  switch (work.is) {
    case 'idle':
      return '';
    case 'reading':
      return 'Reading has started.';
    case 'planning':
      return 'Planning has started.';
    case 'planned':
      return `Plan ${digest(work.digest)} is ready: ${work.summary.headline}.`;
    case 'applying':
      return `Plan ${digest(work.digest)} is being carried out.`;
    case 'verifying':
      return 'What was done is being checked.';
    case 'in_doubt':
      return work.found ? `In doubt: ${work.found.headline}.` : 'In doubt: it was interrupted.';
    case 'failed':
      return `Failed: ${work.problem?.what ?? work.outcome?.headline ?? work.stage}.`;
    case 'verified':
      return `Verified: ${work.outcome.headline}.`;
  }
}

/** What changed between two views of a run that a screen reader should say; empty when nothing did. */
export function announcement(before: RunView | null, after: RunView): string {
  if (!before || before.id !== after.id) return '';
  if (before.state !== after.state) return `The run is ${after.state}.`;
  const step = after.step;
  if (!step) return '';
  const work = step.action ? workSentence(step.action.work) : '';
  if (before.current !== after.current) return `Step ${step.number}: ${step.title}. ${work}`.trim();
  return before.step?.action?.work.is === step.action?.work.is ? '' : work;
}

/** When the outage of an exercise began, to be put into a field. */
export const outage = (scenario: ScenarioView | null) =>
  scenario?.damage_began ? [{ id: 'outage', label: 'Use the outage', at: scenario.damage_began }] : [];

/** What an exercise knows of a parameter that is a time. */
export function offers(scenario: ScenarioView | null, parameter: string) {
  const began = parameter === 'outage' ? outage(scenario) : [];
  if (!scenario || began.length > 0) return began;
  return [{ id: 'last-good', label: 'Use the last good moment', at: scenario.before_damage }];
}
