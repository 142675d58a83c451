/** What a person has typed and not yet sent. It outlives a reload, a crash and a closed window. */

const PREFIX = 'lifeboat.draft.';

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps `value`; an empty one is forgotten. */
export function store(key: string, value: string): void {
  try {
    if (value === '') localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A full or forbidden store costs the draft, not the typing.
  }
}

export class Draft {
  /** What it stands at while nothing else is typed. */
  readonly standing: string;
  readonly #key: string;
  #text: string;

  constructor(key: string, standing: string) {
    this.#key = PREFIX + key;
    this.standing = standing;
    const kept = stored(this.#key);
    this.#text = $state(kept === null ? standing : kept.slice(1));
  }

  get text(): string {
    return this.#text;
  }

  set text(value: string) {
    this.#text = value;
    // The mark before the text tells an emptied field from one that was never touched.
    store(this.#key, value === this.standing ? '' : `=${value}`);
  }

  forget() {
    this.text = this.standing;
  }
}

const drafts = new Map<string, Draft>();

/** The draft of that name, the same one each time: `<run>.<step>.record`. */
export function draft(key: string, standing = ''): Draft {
  const known = drafts.get(key);
  if (known?.standing === standing) return known;
  const made = new Draft(key, standing);
  drafts.set(key, made);
  return made;
}
