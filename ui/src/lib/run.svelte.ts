/** The open run, as Rust last sent it. Nothing is folded or worked out here that Rust already did. */
import { app } from './app.svelte';
import * as ipc from './ipc';
import type { CloseAsked } from './types/CloseAsked';
import type { Command } from './types/Command';
import type { ProgressView } from './types/ProgressView';
import type { RunView } from './types/RunView';
import type { StepDetail } from './types/StepDetail';
import type { StepRow } from './types/StepRow';
import type { TimelineRow } from './types/TimelineRow';
import { announcement } from './words';

class RunStore {
  view = $state.raw<RunView | null>(null);
  progress = $state.raw<ProgressView | null>(null);
  rows = $state.raw<TimelineRow[]>([]);
  /** The step looked at, when it is not the one the run stands at. */
  other = $state.raw<StepDetail | null>(null);
  sending = $state(false);
  stopping = $state(false);
  /** Closing was asked while an action works. */
  closeAsked = $state.raw<CloseAsked | null>(null);
  #closing = false;
  #reading = false;

  steps: StepRow[] = $derived(this.view?.phases.flatMap((phase) => phase.steps) ?? []);
  /** The step on the screen. */
  shown: StepDetail | null = $derived(this.other ?? this.view?.step ?? null);

  /** Hears what Rust sends, from now on. */
  async listen(): Promise<void> {
    await Promise.all([
      ipc.onRun((view) => this.#adopt(view)),
      ipc.onProgress((progress) => {
        if (progress.run === this.view?.id) this.progress = progress;
      }),
      ipc.onCloseAsked((asked) => (this.closeAsked = asked)),
      ipc.onProblem((problem) => (app.problem = problem)),
    ]);
  }

  /** Opens a run that `load` brings, and shows it. */
  async open(load: Promise<RunView>): Promise<boolean> {
    const view = await app.attempt(load);
    if (!view) return false;
    if (view.id !== this.view?.id) {
      this.rows = [];
      this.progress = null;
    }
    this.other = null;
    this.view = null;
    this.#adopt(view);
    app.go({ at: 'run' });
    return true;
  }

  /** Sends what a person asks for; `true` when it was taken. One at a time. */
  async send(command: Command): Promise<boolean> {
    if (!this.view || this.sending) return false;
    this.sending = true;
    const view = await app.attempt(ipc.submit(this.view.id, command));
    this.sending = false;
    if (!view) return false;
    this.#adopt(view);
    return true;
  }

  /** Shows another step, read-only; the current one by its id is the way back. */
  async look(step: string): Promise<void> {
    if (!this.view) return;
    if (step === this.view.current) return this.back();
    const detail = await app.attempt(ipc.step(this.view.id, step));
    if (detail) this.other = detail;
  }

  /** Shows the step that is `by` steps away from the one on the screen. */
  async move(by: number): Promise<void> {
    const at = this.steps.findIndex((step) => step.id === this.shown?.id);
    const from = at < 0 ? (by > 0 ? -1 : this.steps.length) : at;
    const next = this.steps[from + by];
    if (next) await this.look(next.id);
  }

  back() {
    this.other = null;
  }

  async stop(): Promise<void> {
    if (!this.view) return;
    this.stopping = true;
    await app.attempt(ipc.stop(this.view.id));
    if (app.problem) this.stopping = false;
  }

  /** Stops the action at work, then closes the window once it has stopped. */
  async stopAndClose(): Promise<void> {
    this.closeAsked = null;
    this.#closing = true;
    await this.stop();
    if (!this.view?.working) await app.attempt(ipc.closeNow());
  }

  /** Takes a view, unless a newer one is here already. */
  #adopt(view: RunView) {
    const before = this.view;
    if (before && (before.id !== view.id || before.entries > view.entries)) return;
    this.view = view;
    const said = announcement(before, view);
    if (said) app.said = said;
    if (!view.working) {
      this.progress = null;
      this.stopping = false;
      this.closeAsked = null;
      if (this.#closing) void app.attempt(ipc.closeNow());
    }
    if (this.other?.id === view.current) this.other = null;
    else if (this.other && before?.entries !== view.entries) void this.look(this.other.id);
    void this.#catchUp();
  }

  /** Reads the rows of the timeline that are not here yet. */
  async #catchUp(): Promise<void> {
    const run = this.view?.id;
    if (!run || this.#reading) return;
    this.#reading = true;
    try {
      let known = -1;
      while (this.view?.id === run && this.#last() < this.view.entries && this.#last() > known) {
        known = this.#last();
        const rows = await ipc.timeline(run, known);
        if (this.view?.id === run) this.rows = [...this.rows, ...rows];
      }
    } catch (error) {
      app.problem = ipc.problemOf(error);
    }
    this.#reading = false;
    if (this.view && this.view.id !== run) void this.#catchUp();
  }

  #last = () => this.rows.at(-1)?.seq ?? 0;
}

export const run = new RunStore();
