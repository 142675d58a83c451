/** The window without Rust: what it asks is answered by the test that opened it. */
import { emit } from '@tauri-apps/api/event';
import { mockIPC } from '@tauri-apps/api/mocks';

export interface Answer {
  ok?: unknown;
  refused?: unknown;
}

declare global {
  interface Window {
    answer: (command: string, args: unknown) => Promise<Answer>;
    send: (event: string, payload: unknown) => Promise<void>;
  }
}

mockIPC(
  async (command, args) => {
    const answer = await window.answer(command, args);
    if ('refused' in answer) throw answer.refused;
    return answer.ok;
  },
  { shouldMockEvents: true },
);
window.send = emit;

// The real window's prototypes are frozen.
Object.freeze(Object.prototype);

await import('../../src/main');
