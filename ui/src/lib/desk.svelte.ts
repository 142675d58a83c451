/** What a person has in hand at the current step: half-typed words, a choice, a question that is open. */
import { app } from './app.svelte';
import { Choice } from './choice.svelte';
import { clock } from './clock.svelte';
import { type Draft, draft } from './drafts.svelte';
import { clock as utc, instant, millis } from './format';
import { Given } from './planning.svelte';
import { run } from './run.svelte';
import type { SignIn } from './signin.svelte';
import type { Command } from './types/Command';
import type { Move } from './types/Move';
import type { Role } from './types/Role';
import type { StepDetail } from './types/StepDetail';
import { typedFor } from './words';

/** What a dialog asks a reason for. */
export type Reason = 'skip' | 'refuse' | 'abandon' | 'break_glass';

/** How long after the primary move changed it is not taken, so that a second press can't approve what nobody has read. */
const SETTLE = 300;

/** Whether a move is for people of the step's role. */
const done = (move: Move) => move === 'complete' || move === 'decide';

class Desk {
  /** Whether the primary move has just become another one. */
  settling = $state(false);
  asking = $state<Reason | null>(null);
  /** Whether stopping the action at work is being asked about. */
  stopping = $state(false);
  /** Whether a corrective action is being written down. */
  correcting = $state(false);
  /** Whether what an export leaves out is being chosen. */
  leavingOut = $state(false);
  /** What is wrong with the name of the approver. */
  wrong = $state<string | null>(null);
  /** Where a second person signs in, while that is on the screen. */
  signing = $state.raw<SignIn | null>(null);
  /** What somebody may join as first in the dialog about people; `null` while it is closed. */
  people = $state<Role | null>(null);

  step: StepDetail | null = $derived(run.view?.step ?? null);
  primary: Move | null = $derived(this.step?.moves[0] ?? null);
  last: boolean = $derived(run.steps.at(-1)?.id === this.step?.id);

  record: Draft = $derived(this.#draft('record'));
  choice: Draft = $derived(this.#draft('choice'));
  /** Bound to the plan, so that a new plan is approved anew. */
  approver: Draft = $derived(this.#draft(`approver.${this.digest}`));
  target: Draft = $derived(this.#draft(`target.${this.digest}`));
  reason: Draft = $derived(this.#draft(`reason.${this.asking ?? ''}`));
  /** Who refuses the plan: the second person, once they are named. */
  refuser: Draft = $derived(this.#draft(`refuser.${this.digest}`, this.approver.text.trim() || (run.view?.operator ?? '')));
  who: Draft = $derived(this.#draft('who'));
  /** Who does a step that is for people of one role: the only one, or the one who is chosen. */
  doer: string | null = $derived.by(() => {
    const holders = this.step?.holders ?? [];
    return holders.length === 1 ? holders[0]! : (holders.find((name) => name === this.who.text) ?? null);
  });
  /** The moment to go back to, where a plan is made from one. */
  moment: Choice | null = $derived.by(() => {
    const { step } = this;
    const choice = step?.action?.choice;
    return choice && run.view ? new Choice(`${run.view.id}.${step.id}`, choice, run.view.region) : null;
  });
  /** What else is given when a plan is made. */
  given: Given | null = $derived.by(() => {
    const { step } = this;
    const values = step?.action?.values ?? [];
    return values.length > 0 && run.view ? new Given(`${run.view.id}.${step?.id}`, values) : null;
  });
  /** Why no plan can be made of what is chosen and given. */
  unplannable: string | null = $derived(this.moment?.problem ?? this.given?.problem ?? null);
  /** Whether something else is chosen or given than the step was asked with last. */
  changed: boolean = $derived((this.moment?.changed ?? false) || (this.given?.changed ?? false));

  /** Why the primary move can't be taken yet. */
  blocked: string | null = $derived.by(() => {
    const step = this.step;
    if (!step || !this.primary) return null;
    if (step.blocked) return step.blocked;
    if (done(this.primary) && step.holders && this.doer === null) {
      return step.holders.length === 0 ? `It is for the ${step.role}.` : 'Choose who does it.';
    }
    if (this.primary === 'decide' && !step.options.some(({ label }) => label === this.choice.text)) {
      return 'Choose one first.';
    }
    if (this.primary === 'plan') return this.unplannable;
    if (this.primary === 'approve' && this.destroyed !== null && this.target.text.trim() !== this.destroyed) {
      return this.mistyped
        ? `What is typed is not ${this.destroyed}.`
        : `Type ${this.destroyed} to say that it is the one.`;
    }
    if (this.primary !== 'complete') return null;
    const ends = step.wait?.ends;
    if (ends && millis(ends) > clock.now) return `The wait ends at ${utc(ends)} UTC.`;
    if (step.record && this.record.text.trim() === '') return 'Write down what the step asks for.';
    return null;
  });

  /** The name that has to be typed before something is destroyed. */
  destroyed: string | null = $derived(this.step && typedFor(this.step));
  /** Whether something else is typed. */
  mistyped: boolean = $derived(![this.destroyed ?? '', ''].includes(this.target.text.trim()));

  /** Whether the open question can't be answered with what is typed. */
  get unanswered(): boolean {
    const untyped = this.asking === 'break_glass' && this.destroyed !== null && this.#typed !== this.destroyed;
    return this.reason.text.trim() === '' || untyped;
  }

  /** Begins anew with a primary move or a plan that has just appeared. What is returned ends the settling. */
  settle(): () => void {
    this.settling = true;
    this.wrong = null;
    const timer = window.setTimeout(() => (this.settling = false), SETTLE);
    return () => window.clearTimeout(timer);
  }

  /** The digest of the plan that waits for approval. */
  get digest(): string {
    const work = this.step?.action?.work;
    return work?.is === 'planned' ? work.digest : '';
  }

  #draft(what: string, standing = ''): Draft {
    return draft(`${run.view?.id ?? ''}.${this.step?.id ?? ''}.${what}`, standing);
  }

  /** Ticks a check, or takes its tick back. */
  async tick(check: number): Promise<void> {
    const view = this.step?.checks[check];
    if (!this.step || !view) return;
    await run.send({ do: view.ticked_at ? 'untick' : 'tick', step: this.step.id, check });
  }

  /** Ticks the first check that isn't. */
  async tickNext(): Promise<void> {
    const next = this.step?.checks.findIndex((check) => !check.ticked_at) ?? -1;
    if (next >= 0) await this.tick(next);
  }

  /** Takes a move; those that need a reason ask for it first. */
  async take(move: Move): Promise<void> {
    const step = this.step;
    if (!step || !step.moves.includes(move)) return;
    if (move === this.primary && this.blocked) {
      app.said = this.blocked;
      return;
    }
    if (move === this.primary && this.settling) return;
    if (move === 'plan_again' && this.unplannable) {
      app.said = this.unplannable;
      return;
    }
    if (move === 'skip' || move === 'refuse') {
      this.asking = move;
      return;
    }
    if (move === 'approve') return this.#approve(step);
    const command = this.#command(move, step);
    if (command && (await run.send(command, done(move) ? this.doer : null)) && command.do === 'complete') {
      draft(`${run.view?.id ?? ''}.${step.id}.record`).forget();
    }
  }

  /** Sends what the open question asked a reason for. */
  async answer(): Promise<void> {
    const reason = this.reason;
    const text = reason.text.trim();
    const step = this.step?.id ?? '';
    if (!this.asking || this.unanswered) return;
    let command: Command = { do: 'abandon', reason: text };
    if (this.asking === 'skip') command = { do: 'skip', step, reason: text };
    if (this.asking === 'refuse') command = { do: 'refuse', step, digest: this.digest, reason: text };
    if (this.asking === 'break_glass') command = { do: 'break_glass', step, digest: this.digest, reason: text, typed: this.#typed };
    if (await run.send(command, this.asking === 'refuse' ? this.#refuser : null)) {
      this.asking = null;
      reason.forget();
    }
  }

  #command(move: Move, { id: step, record }: StepDetail): Command | null {
    switch (move) {
      case 'complete':
        return { do: 'complete', step, record: this.#written(record) };
      case 'decide':
        return { do: 'decide', step, choice: this.choice.text };
      case 'plan':
      case 'plan_again':
        return { do: 'plan', step, with: { ...this.moment?.with, ...this.given?.with } };
      case 'ties_photo':
        return { do: 'plan', step, with: { ...this.given?.with, ties: 'photo' } };
      case 'ties_deleted':
        return { do: 'plan', step, with: { ...this.given?.with, ties: 'deleted' } };
      case 'read':
      case 'apply_again':
      case 'check_again':
      case 'start_wait':
      case 'follow_failure':
        return { do: move, step };
      case 'approve':
      case 'skip':
      case 'refuse':
        return null;
    }
  }

  #written(kind: string | null): string | null {
    const text = this.record.text.trim();
    if (text === '') return null;
    return kind === 'time' ? (instant(text) ?? text) : text;
  }

  /** What was typed to say that it is the one. */
  get #typed(): string | null {
    return this.destroyed === null ? null : this.target.text.trim();
  }

  /** Whoever refuses, when it is not the operator. */
  get #refuser(): string | null {
    const by = this.refuser.text.trim();
    return this.step?.second_person && by !== '' && !this.#operates(by) ? by : null;
  }

  #operates = (name: string) => name.toLowerCase() === run.view?.operator.trim().toLowerCase();

  async #approve({ id: step, second_person: second }: StepDetail): Promise<void> {
    const by = this.approver.text.trim();
    this.wrong = null;
    if (second && by === '') {
      this.wrong = 'A second person approves this plan. Ask them, and give their name.';
    } else if (second && this.#operates(by)) {
      this.wrong = `${run.view?.operator} runs this and can't approve it too. Give the name of a second person.`;
    }
    if (this.wrong) {
      document.getElementById('approver')?.focus();
      return;
    }
    const plan = { step, digest: this.digest, typed: this.#typed };
    if (second && this.signing) await this.signing.approve({ ...plan, by });
    else await run.send({ do: 'approve', ...plan, by: second ? by : null });
  }
}

export const desk = new Desk();
