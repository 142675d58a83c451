/** A second person at this laptop, who signs a plan with their passphrase. */
import { app } from './app.svelte';
import { approveSigned, problemOf, signUp, signedUp } from './ipc';
import { run } from './run.svelte';
import type { ProblemText } from './types/ProblemText';

/** Characters that a passphrase has at least. */
const LEAST = 12;

interface Plan {
  step: string;
  digest: string;
  by: string;
  typed: string | null;
}

/** Lives as long as the form that it belongs to. The passphrase is let go of as soon as it is sent. */
export class SignIn {
  passphrase = $state('');
  /** A new passphrase, once more. */
  again = $state('');
  /** Since when they have had a passphrase here: `null` when they have none, `undefined` while that isn't known. */
  since = $state.raw<string | null | undefined>(undefined);
  problem = $state.raw<ProblemText | null>(null);
  /** The field that is wrong. */
  wrong = $state<'passphrase' | 'again' | null>(null);
  #asked = '';
  #asking: Promise<void> = Promise.resolve();
  #busy = false;
  #gone = false;

  /** Asks whether `name` has a passphrase here, until that is known. */
  know(name: string): Promise<void> {
    if (name !== this.#asked) {
      this.since = undefined;
      this.#right();
      this.#asked = name;
      this.#asking = this.#ask(name);
    }
    return this.#asking;
  }

  /** Somebody else may be meant: nothing of the one before counts. */
  forget() {
    this.#asked = '';
    this.since = undefined;
    this.passphrase = '';
    this.again = '';
    this.#right();
  }

  /** The form is gone: what is refused later is said where every screen says it. */
  leave() {
    this.#gone = true;
    this.forget();
  }

  /** What was typed is another text now. That a person can't be looked up stays true of it. */
  typed() {
    if (this.wrong) this.#right();
  }

  /** Approves `plan` in their name; what is refused is said beside the passphrase. */
  async approve(plan: Plan): Promise<void> {
    if (this.#busy || run.sending) return;
    this.#busy = true;
    const { passphrase, again } = this;
    await this.know(plan.by);
    if (this.since !== undefined && this.#asked === plan.by && this.#fits(plan.by, passphrase, again)) {
      this.passphrase = '';
      this.again = '';
      try {
        await run.take(async (id) => {
          if (this.since === null) this.since = await signUp(plan.by, passphrase);
          return approveSigned(id, { ...plan, passphrase });
        });
      } catch (error) {
        if (this.#gone) app.problem = problemOf(error);
        else this.#refuse('passphrase', problemOf(error));
      }
    }
    this.#busy = false;
  }

  async #ask(name: string): Promise<void> {
    try {
      const since = await signedUp(name);
      if (this.#asked === name) this.since = since;
    } catch (error) {
      if (this.#asked !== name) return;
      this.#asked = '';
      this.problem = problemOf(error);
    }
  }

  #fits(name: string, passphrase: string, again: string): boolean {
    const missing = LEAST - [...passphrase].length;
    if (this.since !== null) {
      if (passphrase !== '') return true;
      this.#refuse('passphrase', { what: `${name} signs in with their passphrase.`, next: 'Ask them to type it.' });
    } else if (missing > 0) {
      const next = passphrase === '' ? `Ask ${name} to type it.` : `${missing} more ${missing === 1 ? 'is' : 'are'} needed.`;
      this.#refuse('passphrase', { what: `A new passphrase has at least ${LEAST} characters.`, next });
    } else if (again === passphrase) {
      return true;
    } else {
      this.#refuse('again', { what: 'The two are not the same.', next: 'Type the second one again.' });
    }
    return false;
  }

  #right() {
    this.problem = null;
    this.wrong = null;
  }

  #refuse(wrong: 'passphrase' | 'again', problem: ProblemText) {
    this.wrong = wrong;
    this.problem = problem;
    document.getElementById(wrong)?.focus();
  }
}
