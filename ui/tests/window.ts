/** A window in Chromium, and the back end that a test plays for it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';

import type { Command } from '../src/lib/types/Command';
import type { ProblemText } from '../src/lib/types/ProblemText';
import type { RunView } from '../src/lib/types/RunView';
import * as fixtures from './fixtures';
import type { Answer } from './page/page';

export type Reply = (args: any) => unknown;
export type Replies = Record<string, Reply>;

export class Refusal {
  constructor(readonly problem: ProblemText) {}
}

interface Options {
  replies?: Replies;
  theme?: 'light' | 'dark' | 'night';
  size?: { width: number; height: number };
}

let browser: Browser;
const windows: Window[] = [];

beforeAll(async () => {
  browser = await chromium.connect(inject('browser'));
});

afterEach(async () => {
  const opened = windows.splice(0);
  await Promise.all(opened.map(({ page }) => page.context().close()));
  expect(opened.flatMap(({ errors }) => errors), 'errors on the console').toEqual([]);
});

afterAll(() => browser.close());

export class Window {
  readonly calls: { command: string; args: any }[] = [];
  readonly errors: string[] = [];
  constructor(
    readonly page: Page,
    readonly replies: Replies,
  ) {}

  get = (id: string) => this.page.getByTestId(id);

  /** The commands that were submitted, in order. */
  get submitted(): Command[] {
    return this.calls.filter(({ command }) => command === 'submit').map(({ args }) => args.command);
  }

  /** What the window asks is answered like this from now on. */
  answer(replies: Replies) {
    Object.assign(this.replies, replies);
  }

  async send(event: string, payload: unknown) {
    await this.page.evaluate(([event, payload]) => window.send(event as string, payload), [event, payload]);
  }

  async press(...keys: string[]) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Waits until the primary move is no longer too new to be taken. */
  async settled() {
    await this.page.locator('[aria-keyshortcuts=Enter][aria-busy=true]').waitFor({ state: 'detached' });
  }

  /** What has been submitted once the page has nothing left to send: to see that something is not. */
  async sent(): Promise<Command[]> {
    await this.page.evaluate(() => Promise.resolve());
    return this.submitted;
  }

  /** How often a command was asked for. */
  asked = (name: string) => this.calls.filter(({ command }) => command === name).length;

  /** Everything that the page shows, as text. */
  text = () => this.page.evaluate(() => document.body.innerText);

  /** The rules that axe-core finds broken, serious ones and worse. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const axe = (window as any).axe;
      const { violations } = await axe.run(document, { resultTypes: ['violations'] });
      return violations
        .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }: any) => nodes.map((node: any) => `${id}: ${node.html} ${node.any[0]?.message ?? ''}`));
    });
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const defaults = (): Replies => ({
  library: () => fixtures.LIBRARY,
  start_form: () => fixtures.form(),
  check_parameter: ({ value }) => ({ value, problem: null }),
  timeline: ({ after }) => fixtures.TIMELINE.filter(({ seq }) => seq > after),
  step: ({ step }) => fixtures.detail(step, fixtures.MANUAL.html ? { html: fixtures.MANUAL.html } : {}),
  attachment: ({ from }) => ({
    lines: Array.from({ length: 500 }, (_, at) => `{"line":${from + at},"op":"copy","key":"${fixtures.LONG_KEY}"}`),
    from,
    more: from < 1000,
  }),
  export_timeline: ({ format }) => ({ path: `/home/sam/timeline.${format}`, unsigned: null }),
  export_report: ({ format }) => ({ path: `/home/sam/review.${format}`, unsigned: null }),
  picture: () => fixtures.PICTURE,
  export_manifest: ({ step }) => `/home/sam/${step}.csv`,
  signed_up: () => fixtures.SIGNED_UP,
  sign_up: () => fixtures.NOW,
  stop: () => null,
  close_now: () => null,
  open_link: () => null,
});

export async function open({ replies = {}, theme = 'light', size = { width: 1280, height: 800 } }: Options = {}): Promise<Window> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme === 'light' ? 'light' : 'dark',
    timezoneId: 'America/New_York',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const opened = new Window(page, { ...defaults(), ...replies });
  windows.push(opened);
  await page.exposeFunction('answer', async (command: string, args: unknown): Promise<Answer> => {
    opened.calls.push({ command, args });
    const reply = opened.replies[command];
    if (!reply) return { refused: { what: `nothing answers ${command}`, next: 'Mend the test.' } };
    const ok = await reply(args);
    return ok instanceof Refusal ? { refused: ok.problem } : { ok };
  });
  page.on('pageerror', (error) => opened.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') opened.errors.push(message.text());
  });
  if (theme === 'night') await page.addInitScript(() => localStorage.setItem('lifeboat.theme', 'night'));
  await page.clock.install({ time: fixtures.NOW });
  await page.goto(inject('url'));
  await page.getByTestId('library').waitFor();
  return opened;
}

/** A window in which `view` is open. */
export async function openRun(view: RunView, options: Options = {}): Promise<Window> {
  const library = { ...fixtures.LIBRARY, runs: [{ ...fixtures.LIBRARY.runs[0]!, id: view.id, mode: view.mode }] };
  const replies = {
    library: () => library,
    open_run: () => view,
    submit: () => view,
    attach: () => view,
    approve_signed: () => view,
    ...options.replies,
  };
  const opened = await open({ ...options, replies });
  await opened.get(`go-on-${view.id}`).click();
  await opened.get('run').waitFor();
  return opened;
}

/** Drops files on an element, so many bytes each; resolves to whether dragging and dropping were taken by the window. */
export const drop = (window: Window, id: string, files: Record<string, number>) =>
  window.get(id).evaluate((element, files) => {
    const dataTransfer = new DataTransfer();
    for (const [name, size] of Object.entries(files)) dataTransfer.items.add(new File(['x'.repeat(size)], name));
    const fire = (type: string) => element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    return [fire('dragover'), fire('drop')].map((went) => !went);
  }, files);

/** Waits until `check` passes, for things that the page does in its own time. */
export const soon = (check: () => unknown) => expect.poll(check, { timeout: 20_000, interval: 20 });
