/** Light, dark or the dim night theme; what the system prefers until a person chooses. */
import { store, stored } from './drafts.svelte';

export type Choice = 'auto' | 'light' | 'dark' | 'night';

export const CHOICES: { choice: Choice; word: string }[] = [
  { choice: 'auto', word: 'System theme' },
  { choice: 'light', word: 'Light' },
  { choice: 'dark', word: 'Dark' },
  { choice: 'night', word: 'Dim, for the night' },
];

const KEY = 'lifeboat.theme';
const preferred = window.matchMedia('(prefers-color-scheme: dark)');

class Theme {
  #choice = $state<Choice>('auto');

  constructor() {
    const known = stored(KEY);
    this.#choice = CHOICES.find(({ choice }) => choice === known)?.choice ?? 'auto';
    preferred.addEventListener('change', () => this.#show());
    this.#show();
  }

  get choice(): Choice {
    return this.#choice;
  }

  set choice(choice: Choice) {
    this.#choice = choice;
    store(KEY, choice === 'auto' ? '' : choice);
    this.#show();
  }

  #show() {
    const shown = this.#choice === 'auto' ? (preferred.matches ? 'dark' : 'light') : this.#choice;
    document.documentElement.dataset.theme = shown;
  }
}

export const theme = new Theme();
