/** What is given when a plan is made, beside the moment: drafts until then, kept past a restart. */
import { type Draft, draft } from './drafts.svelte';
import type { PlanValue } from './types/PlanValue';

export class Given {
  readonly #drafts: [PlanValue, Draft][];

  /** `key` is the step's, as drafts know it. */
  constructor(key: string, values: PlanValue[]) {
    this.#drafts = values.map((value) => [value, draft(`${key}.value.${value.name}`, standing(value))]);
  }

  get all(): { value: PlanValue; draft: Draft }[] {
    return this.#drafts.map(([value, draft]) => ({ value, draft }));
  }

  /** Why no plan can be made of it; `null` when one can. */
  get problem(): string | null {
    const missing = this.#drafts.find(([value, draft]) => value.needed && draft.text.trim() === '');
    return missing ? `Give the ${missing[0].name} first: there is nothing to plan without.` : null;
  }

  /** What a plan is asked for with: what differs from what the action does by itself, or from what it was asked with last. */
  get with(): Record<string, string> {
    const said = this.#drafts.filter(([value, draft]) => value.value !== '' || draft.text.trim() !== standing(value));
    return Object.fromEntries(said.map(([{ name }, draft]) => [name, draft.text.trim()]));
  }

  /** Whether it is something else than the step was asked with last. */
  get changed(): boolean {
    return this.#drafts.some(([value, draft]) => draft.text.trim() !== standing(value));
  }
}

/** What a value is while nobody says another. */
const standing = ({ value, choices }: PlanValue) => value || (choices[0] ?? '');
