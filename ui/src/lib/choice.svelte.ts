/** The moment that is being chosen for a restore: a draft until a plan is made from it, kept past a restart. */
import { type Draft, draft } from './drafts.svelte';
import { instant, millis, typed } from './format';
import { edges, keyOf, nearest, outside, regionOf, type Source, utc, windowAt } from './moments';
import type { ChoiceView } from './types/ChoiceView';
import type { Moments } from './types/Moments';
import type { Point } from './types/Point';
import type { Window } from './types/Window';

export class Choice {
  readonly moments: Moments;
  readonly surveyedBy: string;
  /** The environment's region, where nothing says another. */
  readonly home: string;
  /** What the step, or its last plan, was asked with. */
  readonly #values: Record<string, string>;
  /** Windows of the region that the step names come first. */
  readonly #windows: Window[];
  readonly #text: Draft;
  /** The window or snapshot that was picked; empty for whichever window holds the moment. */
  readonly #source: Draft;

  constructor(key: string, view: ChoiceView, home: string) {
    this.moments = view.moments;
    this.surveyedBy = view.surveyed_by;
    this.home = home;
    this.#values = Object.fromEntries(view.values.map(({ name, value }) => [name, value]));
    const region = this.#values.region ?? home;
    const here = (one: Source) => regionOf(one, home) === region;
    this.#windows = [...this.moments.windows].sort((a, b) => Number(here(b)) - Number(here(a)));
    const { from, snapshot, at = this.moments.asked ?? '' } = this.#values;
    const taken = from === 'snapshot' ? this.moments.points.find((point) => point.with.snapshot === snapshot && here(point)) : null;
    const newest = this.#windows[0];
    const standing = from === 'latest' && newest ? utc(edges(newest)[1]) : from === 'snapshot' ? '' : at;
    this.#text = draft(`${key}.moment`, standing && typed(standing));
    this.#source = draft(`${key}.source`, taken ? keyOf(taken) : '');
  }

  /** The moment as it stands in the field. Typing another one leaves a snapshot that was picked. */
  get text(): string {
    return this.point ? typed(this.point.at) : this.#text.text;
  }

  set text(text: string) {
    if (this.point) this.#source.text = '';
    this.#text.text = text;
  }

  /** The snapshot that was picked. */
  get point(): Point | null {
    return this.moments.points.find((point) => keyOf(point) === this.#source.text) ?? null;
  }

  /** The moment, in milliseconds; `null` while there is none. */
  get at(): number | null {
    if (this.point) return millis(this.point.at);
    const at = instant(this.#text.text);
    return at === null ? null : millis(at);
  }

  /** The window that it is restored from. */
  get window(): Window | null {
    if (this.point || this.at === null) return null;
    return windowAt(this.#windows, this.at, this.#windows.find((window) => keyOf(window) === this.#source.text) ?? null);
  }

  /** The key of the row that stands for it. */
  get source(): string {
    const one = this.point ?? this.window;
    return one ? keyOf(one) : '';
  }

  /** Goes to `at`, or to the moment nearest to it that can be gone back to. */
  move(at: number) {
    const near = nearest(this.#windows, at);
    if (near !== null) this.text = typed(near);
  }

  /** Takes a snapshot, or a window with the moment of it that is nearest to the one chosen so far. */
  pick(one: Source) {
    if ('at' in one) {
      if (one.hindered === null) this.#source.text = keyOf(one);
      return;
    }
    const from = this.at ?? edges(one)[1];
    this.text = typed(nearest([one], from) ?? from);
    this.#source.text = keyOf(one);
  }

  /** The nearest moment to offer when the one that is typed is in no window. */
  get nearest(): number | null {
    return this.point || this.at === null || this.window ? null : nearest(this.#windows, this.at);
  }

  /** Why no plan can be made of it; `null` when one can. */
  get problem(): string | null {
    const { windows, points } = this.moments;
    if (windows.length + points.length === 0) return 'The survey found nothing to restore from.';
    if (this.point) return this.point.hindered && `It can’t be used as it is: ${this.point.hindered}`;
    if (this.#text.text.trim() === '') return 'Choose the moment to go back to.';
    if (this.at === null) return 'Write it as 2026-11-24 03:14:00, in UTC.';
    return outside(this.#windows, this.at);
  }

  /** What a plan is asked for with. */
  get with(): Record<string, string> {
    if (this.point) return { ...this.point.with };
    return this.window && this.at !== null ? { ...this.window.with, at: utc(this.at) } : {};
  }

  /** Whether it is something else than the step was asked with last. */
  get changed(): boolean {
    const last: Record<string, string> = { from: 'point_in_time', region: this.home, ...this.#values };
    if (last.at) last.at = utc(millis(last.at));
    const next = { region: this.home, ...this.with };
    return Object.entries(next).some(([name, value]) => last[name] !== value);
  }
}
