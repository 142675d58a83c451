/** Files that are kept as evidence: what is sent, and how each kind is looked at. */
import { app } from './app.svelte';
import { bytes, moment } from './format';
import { run } from './run.svelte';

/** The largest file that is kept, in bytes and in words. */
const LARGEST = 25_000_000;
export const MOST = '25 MB';

class Evidence {
  /** What is being kept now: `ticket.pdf, 2 of 3`. */
  doing = $state('');
  /** Why files were not kept, of those that were given last. */
  refused = $state.raw<string[]>([]);
  /** What is still to be kept. */
  #queue: { run: string; step: string | null; name: string; file: File }[] = [];

  /** Keeps `files` one after another, about the step on the screen. */
  async give(files: { name: string; file: File }[]): Promise<void> {
    const { view } = run;
    if (!view || files.length === 0) return;
    const step = run.shown?.id ?? null;
    this.refused = [];
    for (const { name, file } of files) {
      if (file.size > LARGEST) this.#refuse(`${name} is ${bytes(file.size)}: a file may have ${MOST} at most. Note where it is kept instead.`);
      else if (file.size === 0) this.#refuse(`${name} is empty or a folder: there is nothing to keep.`);
      else this.#queue.push({ run: view.id, step, name, file });
    }
    if (!this.doing) await this.#keep();
  }

  async #keep(): Promise<void> {
    const kept: string[] = [];
    for (let at = 1, next = this.#queue.shift(); next; at += 1, next = this.#queue.shift()) {
      const { run: id, step, name, file } = next;
      const all = at + this.#queue.length;
      this.doing = all > 1 ? `${name}, ${at} of ${all}` : name;
      const content = await base64(file);
      const problem = content === null ? { what: 'It can’t be read.', next: 'Is it still there?' } : await run.attach(id, step, name, content);
      if (problem) this.#refuse(`${name} is not kept. ${problem.what} ${problem.next}`);
      else kept.push(name);
    }
    this.doing = '';
    if (kept.length > 0) app.said = `Kept as evidence: ${kept.join(', ')}.`;
  }

  #refuse(why: string) {
    this.refused = [...this.refused, why];
  }
}

export const evidence = new Evidence();

/** A file's content in base64; `null` when it can't be read. */
function base64(file: File): Promise<string | null> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => resolve(null);
    reader.readAsDataURL(file);
  });
}

/** What was chosen or dropped, by its own name. */
export const named = (files: Iterable<File>) => [...files].map((file) => ({ name: file.name, file }));

/** What was pasted. A screenshot has no name of its own: web views call each `image.png`. */
export function pasted(items: Iterable<DataTransferItem>, at: number) {
  const files = [...items].filter(({ kind }) => kind === 'file').map((item) => item.getAsFile());
  return named(files.filter((file) => file !== null)).map(({ name, file }) => {
    const nameless = file.type.startsWith('image/') && (name === '' || /^image\.\w+$/.test(name));
    const time = moment(at).replace(' UTC', '').replaceAll(':', '.');
    const ending = file.type.replace('image/', '').replace('jpeg', 'jpg').replace('svg+xml', 'svg');
    return { name: nameless ? `screenshot ${time}.${ending}` : name, file };
  });
}

/** How a kept file is looked at. What a web view would run or render as a page is text. */
export function lookedAt(media: string): 'picture' | 'text' | 'elsewhere' {
  const kind = media.toLowerCase().replace(/;.*$/, '').trim();
  if (/^image\/(png|jpeg|gif|webp|bmp)$/.test(kind)) return 'picture';
  if (/^text\/|^application\/(json|xml|yaml|toml|javascript|x-ndjson|jsonl|sql)$|\+(xml|json)$/.test(kind)) return 'text';
  return 'elsewhere';
}
