/** The keys of the window. */
import { app } from './app.svelte';
import { desk } from './desk.svelte';
import { run } from './run.svelte';

export const KEYS: { keys: string[]; does: string; run?: boolean }[] = [
  { keys: ['⏎'], does: 'The primary action: the filled button', run: true },
  { keys: ['Space'], does: 'Tick the next check', run: true },
  { keys: ['1', '…', '9'], does: 'Pick that choice of a decision', run: true },
  { keys: ['J', 'K'], does: 'Look at the next or the previous step', run: true },
  { keys: ['G'], does: 'Back to the current step', run: true },
  { keys: ['N'], does: 'Write a note', run: true },
  { keys: ['C'], does: 'All clocks, and what was achieved', run: true },
  { keys: ['M'], does: 'Copy the message of this step', run: true },
  { keys: ['T'], does: 'Show or hide the timeline on a narrow screen', run: true },
  { keys: ['P'], does: 'Who takes part: join, leave, hand over', run: true },
  { keys: ['E'], does: 'Export the timeline or the review', run: true },
  { keys: ['/'], does: 'Find' },
  { keys: ['?'], does: 'All keys' },
  { keys: ['Esc'], does: 'Close, or leave a field; what you typed stays' },
];

/** What only components can do; each puts its own here while it is on the screen. */
export const hands: Partial<Record<'find' | 'note' | 'copy' | 'timeline' | 'export' | 'clocks', () => void>> = {};

const isField = (element: Element) =>
  element.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=button])');

const presses = (element: Element) => element.matches('button, a[href], summary');

export function onKey(event: KeyboardEvent) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') return escape(event, target);
  if (isField(target)) return;
  // A held key does what it does once; on a button, ⏎ would press it again and again.
  if (event.repeat && event.key === 'Enter') event.preventDefault();
  const act = actionFor(event, target);
  if (!act) return;
  event.preventDefault();
  if (!event.repeat) act();
}

/** Leaves a field, or the step that is only looked at. What was typed is a draft and stays. */
function escape(event: KeyboardEvent, target: Element) {
  // By itself, it would empty a field that searches.
  event.preventDefault();
  if (isField(target)) (target as HTMLElement).blur();
  else if (app.screen.at === 'run') run.back();
}

function actionFor(event: KeyboardEvent, target: Element): (() => void) | undefined {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === '?') return () => (app.keys = true);
  if (key === '/') return hands.find;
  if (app.screen.at !== 'run') return undefined;
  switch (key) {
    case 'j':
      return () => void run.move(1);
    case 'k':
      return () => void run.move(-1);
    case 'g':
      return () => run.back();
    case 'n':
      return hands.note;
    case 'c':
      return hands.clocks;
    case 'm':
      return hands.copy;
    case 't':
      return hands.timeline;
    case 'p':
      return () => (desk.people = 'approver');
    case 'e':
      return hands.export;
    case ' ':
      if (presses(target) || target.matches('input') || run.other) return undefined;
      return () => void desk.tickNext();
    case 'Enter':
      if (presses(target) || run.other) return undefined;
      return () => void (desk.primary && desk.take(desk.primary));
  }
  if (/^[1-9]$/.test(key) && !run.other) return pick(Number(key) - 1);
  return undefined;
}

function pick(option: number): (() => void) | undefined {
  const label = desk.step?.moves.includes('decide') ? desk.step.options[option]?.label : undefined;
  return label === undefined ? undefined : () => (desk.choice.text = label);
}
