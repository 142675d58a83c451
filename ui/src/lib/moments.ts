/** The moments that a database can be brought back to: which fit, and what each of them loses. */
import { clock, day, length, millis, moment } from './format';
import type { Moments } from './types/Moments';
import type { Point } from './types/Point';
import type { Window } from './types/Window';

export type Source = Window | Point;

/** Names one window or snapshot among those of a survey. */
export const keyOf = (one: Source) => `${one.of} ${JSON.stringify(one.with)}`;

/** The first and the last whole second of a window, in milliseconds. */
export const edges = (window: Window): [number, number] => [
  Math.ceil(millis(window.earliest) / 1000) * 1000,
  Math.floor(millis(window.latest) / 1000) * 1000,
];

/** Where it restores, when it doesn't say: the environment's region. */
export const regionOf = (one: Source, home: string) => one.with.region ?? home;

/** `2026-11-24T02:31:00Z`, without a fraction that nobody gave. */
export const utc = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

/** The window that `at` lies in: `preferred` where it does, or else the first that does. */
export function windowAt(windows: Window[], at: number, preferred: Window | null): Window | null {
  const holds = (window: Window) => millis(window.earliest) <= at && at <= millis(window.latest);
  if (preferred && holds(preferred)) return preferred;
  return windows.find(holds) ?? null;
}

/** The moment nearest to `at` that lies in a window; `null` without one. */
export function nearest(windows: Window[], at: number): number | null {
  const near = windows.map((window) => {
    const [first, last] = edges(window);
    return Math.min(Math.max(at, first), last);
  });
  return near.reduce<number | null>((best, one) => (best === null || Math.abs(one - at) < Math.abs(best - at) ? one : best), null);
}

export interface Loss {
  /** Where it ends: when the outage began, or when the survey looked. */
  until: number;
  outage: boolean;
  /** Negative where the moment is after the outage began. */
  seconds: number;
}

/** What going back to `at` loses. */
export function lossOf(moments: Moments, at: number): Loss {
  const until = millis(moments.outage ?? moments.now);
  return { until, outage: moments.outage !== null, seconds: Math.round((until - at) / 1000) };
}

/** The loss in a few words, for a picture and for who doesn't see it. */
export function lossWords({ seconds, outage }: Loss): string {
  if (seconds < 0) return `${length(-seconds)} after ${outage ? 'the outage began' : 'the survey'}`;
  return seconds === 0 ? 'nothing is lost' : `${length(seconds)} ${seconds === 1 ? 'is' : 'are'} lost`;
}

/** What is lost and what that means, in a sentence. */
export function lossSentence(loss: Loss, at: number): string {
  const { until, outage, seconds } = loss;
  const end = outage ? `the outage began at ${clock(until)} UTC` : `the survey at ${clock(until)} UTC, and since,`;
  const from = day(at) === day(until) ? `${clock(at)} UTC` : moment(at);
  if (seconds > 0) return `What was written from ${from} until ${end} is not in it.`;
  if (!outage || seconds === 0) return 'Everything that was written until then is in it.';
  return `The outage began at ${moment(until)}: the damage may be in it, and comes back with it.`;
}

/** Why `at` can't be gone back to; `null` when it can. */
export function outside(windows: Window[], at: number): string | null {
  if (windowAt(windows, at, null)) return null;
  if (windows.length === 0) return 'The survey found no restore window: choose one of the snapshots.';
  const first = Math.min(...windows.map((window) => edges(window)[0]));
  const last = Math.max(...windows.map((window) => edges(window)[1]));
  if (at < first) return `That is before every restore window. The oldest moment is ${moment(first)}.`;
  if (at > last) return `That is after every restore window. The newest moment that the survey found is ${moment(last)}.`;
  return `No restore window holds that moment. The nearest is ${moment(nearest(windows, at) ?? first)}.`;
}

/** How long before the survey something was: `2 h 5 min`. */
export const age = (moments: Moments, at: string) => length((millis(moments.now) - millis(at)) / 1000);
