/** The open run, as Rust last sent it. Nothing is folded or worked out here that Rust already did. */
import { app } from './app.svelte';
import * as ipc from './ipc';
import type { CloseAsked } from './types/CloseAsked';
import type { Command } from './types/Command';
import type { ProblemText } from './types/ProblemText';
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
  /** The run that the window closes after, once its action has stopped. */
  #closing = '';
  #reading = false;
  /** The step whose details were asked for last. */
  #asked = '';

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
    this.back();
    this.view = null;
    this.#adopt(view);
    app.go({ at: 'run' });
    return true;
  }

  /** Sends what a person asks for, in the operator's name or that of `by`; `true` when it was taken. One at a time. */
  async send(command: Command, by: string | null = null): Promise<boolean> {
    if (this.sending) return false;
    return (await app.attempt(this.take((id) => ipc.submit(id, command, by)))) ?? false;
  }

  /** Takes the view that `ask` brings; `false` when something else is being sent. One at a time. */
  async take(ask: (run: string) => Promise<RunView>): Promise<boolean> {
    if (!this.view || this.sending) return false;
    this.sending = true;
    try {
      this.#adopt(await ask(this.view.id));
      app.problem = null;
      return true;
    } finally {
      this.sending = false;
    }
  }

  /** Like `send`, where what went wrong is the caller's to show: `null` when it was taken. */
  async ask(command: Command): Promise<ProblemText | null> {
    if (!this.view || this.sending) return { what: 'Something else is just being sent.', next: 'Try again.' };
    this.sending = true;
    const problem = await this.#take(ipc.submit(this.view.id, command));
    this.sending = false;
    return problem;
  }

  /** Keeps a file as evidence of a run: `null` when it was kept, otherwise what went wrong. */
  attach(id: string, step: string | null, name: string, content: string): Promise<ProblemText | null> {
    return this.#take(ipc.attach(id, step, name, content));
  }

  async #take(work: Promise<RunView>): Promise<ProblemText | null> {
    try {
      this.#adopt(await work);
      return null;
    } catch (error) {
      return ipc.problemOf(error);
    }
  }

  /** Shows another step, read-only; the current one by its id is the way back. */
  async look(step: string): Promise<void> {
    if (!this.view) return;
    if (step === this.view.current) return this.back();
    this.#asked = step;
    const detail = await app.attempt(ipc.step(this.view.id, step));
    if (this.#asked !== step) return;
    this.#asked = '';
    if (detail) this.other = detail;
  }

  /** Reads the step that is looked at again. Nobody asked for that: what went wrong before stays said. */
  async #again(step: string): Promise<void> {
    if (!this.view) return;
    try {
      const detail = await ipc.step(this.view.id, step);
      if (this.other?.id === step) this.other = detail;
    } catch (error) {
      app.problem = ipc.problemOf(error);
    }
  }

  /** Shows the step that is `by` steps away from the one on the screen. */
  async move(by: number): Promise<void> {
    const id = this.#asked || this.shown?.id;
    const at = this.steps.findIndex((step) => step.id === id);
    const from = at < 0 ? (by > 0 ? -1 : this.steps.length) : at;
    const next = this.steps[from + by];
    if (next) await this.look(next.id);
  }

  back() {
    this.#asked = '';
    this.other = null;
  }

  /** Asks the action at work to stop between two items. */
  async stop(run: string): Promise<void> {
    this.stopping = run === this.view?.id;
    await app.attempt(ipc.stop(run));
    if (app.problem) this.stopping = false;
  }

  /** Stops the action that the window was asked about, then closes it once that has stopped. */
  async stopAndClose({ run }: CloseAsked): Promise<void> {
    this.closeAsked = null;
    this.#closing = run;
    await this.stop(run);
    if (app.problem) this.#closing = '';
    else if (this.view?.id === run && !this.view.working) this.#worked(run);
  }

  /** Takes a view, unless a newer one is here already. Other runs only matter to a window that is about to close. */
  #adopt(view: RunView) {
    if (!view.working) this.#worked(view.id);
    const before = this.view;
    if (before && (before.id !== view.id || before.entries > view.entries)) return;
    this.view = view;
    const said = announcement(before, view);
    if (said) app.said = said;
    if (!view.working) {
      this.progress = null;
      this.stopping = false;
    }
    if (this.other?.id === view.current) this.other = null;
    else if (this.other && before?.entries !== view.entries) void this.#again(this.other.id);
    void this.#catchUp();
  }

  /** No action of `run` is at work any more. */
  #worked(run: string) {
    if (this.closeAsked?.run === run) this.closeAsked = null;
    if (this.#closing === run) void app.attempt(ipc.closeNow());
  }

  /** Reads the rows of the timeline that are not here yet. */
  async #catchUp(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.view && this.#last() < this.view.entries) {
        const { id } = this.view;
        const known = this.#last();
        const rows = await ipc.timeline(id, known);
        // Another run may have been opened meanwhile.
        if (this.view.id !== id || this.#last() !== known) continue;
        if (!rows.some(({ seq }) => seq > known)) break;
        this.rows = [...this.rows, ...rows];
      }
    } catch (error) {
      app.problem = ipc.problemOf(error);
    }
    this.#reading = false;
  }

  #last = () => this.rows.at(-1)?.seq ?? 0;
}

export const run = new RunStore();
