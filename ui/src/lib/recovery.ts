/** How a run stands against its objectives. What was done and when is Rust's; only what counts on is worked out here. */
import { between, hms, millis, span } from './format';
import type { Clock } from './types/Clock';
import type { RunView } from './types/RunView';

/** From this part of an objective on, it is near. */
const NEAR = 0.75;

/** What a clock said; `null` until it is read off. */
export const readOff = ({ recovery }: RunView, clock: Clock): string | null =>
  recovery.clocks.find((one) => one.clock === clock)?.at ?? null;

export type Objective = 'none' | 'within' | 'near' | 'over';

export interface Standing {
  /** Seconds since the outage began; `null` while that is not known. */
  outage: number | null;
  /** Seconds since it was declared. */
  declared: number;
  /** Whether the clocks stand still. */
  stopped: boolean;
  /** Seconds that are left of the RTO; less than none when it is over. */
  left: number;
  /** How the RTO stands. */
  rto: Objective;
}

/** How a run stands at `time`, in milliseconds; once its clock has stopped, how it stood then. */
export function standing(view: RunView, time: number): Standing {
  const { stopped } = view.recovery;
  const now = stopped ? millis(stopped) : time;
  const since = (at: string) => Math.max(0, between(at, now));
  const began = readOff(view, 'outage-began');
  const outage = began === null ? null : since(began);
  const declared = since(readOff(view, 'declared') ?? view.started);
  const used = outage ?? declared;
  return { outage, declared, stopped: stopped !== null, left: (view.rto ?? 0) - used, rto: objective(view.rto, used, !stopped) };
}

function objective(rto: number | null, used: number, runs: boolean): Objective {
  if (rto === null) return 'none';
  if (used > rto) return 'over';
  return runs && used >= rto * NEAR ? 'near' : 'within';
}

/** What a length of time is to an objective: `within the RTO of 24 h`. */
export function against(seconds: number, objective: number | null, name: string): string {
  if (objective === null) return `the runbook has no ${name}`;
  if (seconds <= objective) return `within the ${name} of ${span(objective)}`;
  return `over the ${name} of ${span(objective)} by ${hms(seconds - objective)}`;
}

/** Whether the incident is over as far as the RTO goes: its service was validated, or its run finished. */
export const recovered = (view: RunView): boolean =>
  readOff(view, 'service-validated') !== null || view.state === 'finished';

/** How long the run has been held up, in seconds, with the wait that goes on. */
export function held({ recovery }: RunView, time: number): number {
  const until = recovery.stopped ? millis(recovery.stopped) : time;
  return recovery.held + (recovery.holding ? Math.max(0, between(recovery.holding, until)) : 0);
}
