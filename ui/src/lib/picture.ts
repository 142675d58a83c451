/** How a stretch of time is laid out in a picture: scales, ticks, lanes, and labels that don't collide. */
import { millis } from './format';
import { edges, regionOf } from './moments';
import type { Moments } from './types/Moments';
import type { Point } from './types/Point';
import type { Window } from './types/Window';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A stretch of time, in milliseconds. */
export interface Stretch {
  from: number;
  to: number;
}

/** What the close-up can be as wide as. */
export const WIDTHS: [string, number][] = [
  ['10 min', 10 * MINUTE],
  ['1 h', HOUR],
  ['6 h', 6 * HOUR],
  ['1 day', DAY],
  ['7 days', 7 * DAY],
];

/** One region: its restore windows and its snapshots. */
export interface Lane {
  region: string;
  windows: Window[];
  points: Point[];
}

/** A lane for each region, the environment's own first. */
export function lanes({ windows, points }: Moments, home: string): Lane[] {
  const named = [...windows, ...points].map((one) => regionOf(one, home));
  const regions = [...new Set(named)].sort((a, b) => Number(b === home) - Number(a === home) || a.localeCompare(b));
  const here = <T extends Window | Point>(all: T[], region: string) => all.filter((one) => regionOf(one, home) === region);
  return regions.map((region) => ({ region, windows: here(windows, region), points: here(points, region) }));
}

/** From the oldest moment there is to just past the survey. */
export function whole({ now, outage, asked, windows, points }: Moments): Stretch {
  const marks = [now, outage, asked, ...points.map(({ at }) => at)].filter((at) => at !== null).map(millis);
  const all = [...marks, ...windows.flatMap(edges)];
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const margin = Math.max((to - from) * 0.02, MINUTE);
  return { from: from - margin, to: to + margin };
}

/** The narrowest width that shows both moments with room around them; a day while there is only one. */
export const fitting = (at: number | null, end: number): number =>
  at === null ? DAY : (WIDTHS.find(([, width]) => width >= Math.abs(at - end) * 1.5) ?? WIDTHS.at(-1)!)[1];

/**
 * A stretch `width` long around both moments, or around `at` where they are too far apart. Little of it is after the
 * later of the two: what can be gone back to is before.
 */
export function around(at: number, end: number, width: number): Stretch {
  const middle = Math.abs(at - end) < width * 0.9 ? (at + end) / 2 : at;
  const to = Math.min(middle + width / 2, Math.max(at, end) + width * 0.2);
  return { from: to - width, to };
}

/** Where a moment stands, in pixels. */
export const scale = ({ from, to }: Stretch, width: number) => (at: number) => ((at - from) / (to - from)) * width;

/** Which moment stands at a pixel, to the second. */
export const unscale = ({ from, to }: Stretch, width: number) => (x: number) =>
  Math.round((from + (x / width) * (to - from)) / SECOND) * SECOND;

/** A bar between two moments, as far as it is in a picture that is `width` wide. */
export function bar(to: (at: number) => number, width: number, [from, until]: [number, number]) {
  const inside = (x: number) => Math.min(Math.max(x, 0), width);
  const x = inside(to(from));
  return { x, width: Math.max(inside(to(until)) - x, 0) };
}

/** The outline of a mark for a single moment. */
export const diamond = (x: number, y: number, size: number) =>
  `M${x} ${y - size}L${x + size} ${y}L${x} ${y + size}L${x - size} ${y}Z`;

const STEPS = [
  10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
  6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
];

const DATE = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });

/** `Nov 24`, in UTC. */
export const date = (at: number) => DATE.format(at);

export interface Tick {
  at: number;
  label: string;
}

/** Ticks on round moments in UTC, at least `room` pixels apart; a day begins with its date. */
export function ticks(stretch: Stretch, width: number, room = 72): Tick[] {
  const least = ((stretch.to - stretch.from) / Math.max(width, 1)) * room;
  const step = STEPS.find((step) => step >= least) ?? STEPS.at(-1)!;
  const found: Tick[] = [];
  for (let at = Math.ceil(stretch.from / step) * step; at <= stretch.to; at += step) {
    const iso = new Date(at).toISOString();
    const label = at % DAY === 0 ? date(at) : iso.slice(11, step < MINUTE ? 19 : 16);
    found.push({ at, label });
  }
  return found;
}

export interface Placed {
  /** Where its text begins, from the left. */
  x: number;
  row: number;
}

/** Places labels of known widths around their moments, inside `width`, each in the first row where it is free. */
export function place(labels: { x: number; width: number }[], width: number, gap = 8): Placed[] {
  const taken: { row: number; from: number; to: number }[] = [];
  return labels.map((label) => {
    const x = Math.min(Math.max(label.x - label.width / 2, 0), Math.max(width - label.width, 0));
    const [from, to] = [x - gap, x + label.width + gap];
    let row = 0;
    while (taken.some((other) => other.row === row && other.from < to - gap && from < other.to - gap)) row += 1;
    taken.push({ row, from, to });
    return { x, row };
  });
}
