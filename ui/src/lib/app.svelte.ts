/** Which screen is shown, and what every screen may say. */
import { problemOf } from './ipc';
import type { Exported } from './types/Exported';
import type { Mode } from './types/Mode';
import type { ProblemText } from './types/ProblemText';

export type Screen = { at: 'library' } | { at: 'start'; runbook: string } | { at: 'run' };

class App {
  screen = $state.raw<Screen>({ at: 'library' });
  /** The mode that is being chosen on the start screen. */
  choosing = $state<Mode | null>(null);
  /** Stays until it is dismissed or the next thing a person asks for succeeds. */
  problem = $state.raw<ProblemText | null>(null);
  /** A result worth a line, such as where an export went. */
  notice = $state('');
  /** For screen readers: the last change of state. */
  said = $state('');
  /** Whether the overlay with all keys is open. */
  keys = $state(false);
  /** The address of a link that was clicked, to be shown before anything opens. */
  link = $state<string | null>(null);

  go(screen: Screen) {
    this.problem = null;
    this.notice = '';
    this.screen = screen;
  }

  /** What `work` resolves to; `undefined`, and a problem on the screen, when it is rejected. */
  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      const result = await work;
      this.problem = null;
      return result;
    } catch (error) {
      this.problem = problemOf(error);
      return undefined;
    }
  }

  /** Like `attempt`, and says where the `name` went and whether a signature is missing in it. */
  async exported(name: string, work: Promise<Exported>): Promise<Exported | undefined> {
    this.notice = '';
    const done = await this.attempt(work);
    if (!done) return undefined;
    this.notice = `The ${name} is in ${done.path}`;
    if (done.unsigned !== null) {
      this.problem = {
        what: `The export could not be signed: ${done.unsigned.replace(/\.$/, '')}.`,
        next: 'It shows that no entry was changed, and not that none was cut off. Unlock the keychain, then export it again.',
      };
    }
    return done;
  }
}

export const app = new App();
