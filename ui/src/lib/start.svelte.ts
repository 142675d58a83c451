/** The start form: what is typed, what is wrong with it, and the request it becomes. */
import { app } from './app.svelte';
import { type Draft, draft } from './drafts.svelte';
import { instant, millis, typed } from './format';
import * as ipc from './ipc';
import type { EnvironmentCard } from './types/EnvironmentCard';
import type { Mode } from './types/Mode';
import type { ParameterView } from './types/ParameterView';
import type { StartForm } from './types/StartForm';
import type { StartRequest } from './types/StartRequest';

export class StartDesk {
  readonly runbook: string;
  form = $state.raw<StartForm | null>(null);
  environments = $state.raw<EnvironmentCard[]>([]);
  environment = $state('');
  /** What is wrong, by parameter (`param.<name>`) or field. */
  wrong = $state<Record<string, string | undefined>>({});
  readonly operator: Draft;
  readonly began: Draft;
  readonly declared: Draft;
  readonly #used = new Set<Draft>();

  constructor(runbook: string) {
    this.runbook = runbook;
    this.operator = this.#draft('operator');
    this.began = this.#draft('began');
    this.declared = this.#draft('declared');
  }

  get mode(): Mode | null {
    return app.choosing;
  }

  /** Asks for the environments, then for the form of the one to offer first. */
  async load(): Promise<void> {
    const library = await app.attempt(ipc.library());
    if (!library) return;
    this.environments = library.environments;
    if (this.operator.text === '') this.operator.text = library.operator;
    const usable = library.environments.filter((card) => card.problem === null);
    const chosen = this.#draft('environment').text;
    const offered = [chosen, library.environment].find((name) => usable.some((card) => card.name === name));
    await this.bind(offered ?? usable[0]?.name ?? '');
  }

  /** Chooses the environment, whose modes and defaults the form then shows. */
  async bind(environment: string): Promise<void> {
    if (environment === '') {
      app.problem = { what: 'There is no environment to run on.', next: 'Describe one in the environments folder.' };
      return;
    }
    this.environment = environment;
    const form = await app.attempt(ipc.startForm(this.runbook, environment));
    if (!form || this.environment !== environment) return;
    this.#draft('environment').text = environment;
    const kept = this.#draft('mode').text;
    this.form = form;
    app.choosing = form.modes.find((mode) => mode === kept) ?? (form.modes.length === 1 ? form.modes[0]! : null);
  }

  choose(mode: Mode) {
    app.choosing = mode;
    this.#draft('mode').text = mode;
  }

  /** What a parameter stands at. Defaults belong to an environment, so each has drafts of its own. */
  value(parameter: ParameterView): Draft {
    const standing = parameter.default ?? '';
    const shown = parameter.kind === 'timestamp' && instant(standing) ? typed(standing) : standing;
    return this.#draft(`${this.environment}.param.${parameter.name}`, shown);
  }

  /** Checks one parameter; `true` when it is good or may be left out. */
  async check(parameter: ParameterView): Promise<boolean> {
    const { name } = parameter;
    const text = this.#meant(parameter);
    if (text === '') {
      this.wrong[`param.${name}`] = parameter.required ? 'Needed to start.' : undefined;
      return !parameter.required;
    }
    const checked = await app.attempt(ipc.checkParameter(this.runbook, name, text));
    this.wrong[`param.${name}`] = checked?.problem ?? undefined;
    return checked !== undefined && checked.problem === null;
  }

  /** The request to start with; `null`, and words beside each field, when something is wrong. */
  async request(): Promise<StartRequest | null> {
    const { form } = this;
    if (!form || !app.choosing) return null;
    const checked = await Promise.all(form.parameters.map((parameter) => this.check(parameter)));
    this.wrong.operator = this.operator.text.trim() === '' ? 'Give a name: every entry of the journal has one.' : undefined;
    const began = this.#time('began', this.began);
    const declared = this.#time('declared', this.declared);
    if (began && millis(began) > (declared ? millis(declared) : Date.now())) {
      this.wrong.began = 'It can’t begin after it was declared. Correct one of the two.';
    }
    if (checked.includes(false) || this.wrong.operator || this.wrong.began || this.wrong.declared) return null;
    const values = form.parameters.map((parameter) => [parameter.name, this.#meant(parameter)] as const);
    return {
      runbook: this.runbook,
      mode: app.choosing,
      environment: this.environment,
      operator: this.operator.text.trim(),
      parameters: Object.fromEntries(values.filter(([, value]) => value !== '')),
      outage_began: began,
      declared,
    };
  }

  /** Drops what was typed, once it has been sent. */
  forget() {
    for (const used of this.#used) used.forget();
  }

  /** The value to send: times may be typed more loosely than Rust reads them. */
  #meant(parameter: ParameterView): string {
    const { kind } = parameter;
    const { text } = this.value(parameter);
    const plain = kind === 'text' ? text : text.trim();
    return kind === 'timestamp' ? (instant(plain) ?? plain) : plain;
  }

  #time(field: 'began' | 'declared', draft: Draft): string | null {
    const text = draft.text.trim();
    const at = text === '' ? null : instant(text);
    this.wrong[field] = text !== '' && !at ? 'Write it as 2026-11-24 03:14, in UTC.' : undefined;
    return at;
  }

  #draft(what: string, standing = ''): Draft {
    const made = draft(`start.${this.runbook}.${what}`, standing);
    this.#used.add(made);
    return made;
  }
}
