/** Everything the window asks of Rust. No other file calls Tauri. */
import { invoke } from '@tauri-apps/api/core';
import { listen, type UnlistenFn } from '@tauri-apps/api/event';

import type { AttachmentPage } from './types/AttachmentPage';
import type { CheckedValue } from './types/CheckedValue';
import type { CloseAsked } from './types/CloseAsked';
import type { Command } from './types/Command';
import type { Exported } from './types/Exported';
import type { LibraryView } from './types/LibraryView';
import type { ProblemText } from './types/ProblemText';
import type { ProgressView } from './types/ProgressView';
import type { RunView } from './types/RunView';
import type { StartForm } from './types/StartForm';
import type { StartRequest } from './types/StartRequest';
import type { StepDetail } from './types/StepDetail';
import type { TimelineRow } from './types/TimelineRow';

export type ExportFormat = 'md' | 'csv' | 'jsonl';
/** The post-incident review, or everything in one archive. */
export type ReportFormat = 'md' | 'html' | 'pdf' | 'zip';

export const library = () => invoke<LibraryView>('library');

export const startForm = (runbook: string, environment: string) =>
  invoke<StartForm>('start_form', { runbook, environment });

export const checkParameter = (runbook: string, name: string, value: string) =>
  invoke<CheckedValue>('check_parameter', { runbook, name, value });

export const startRun = (request: StartRequest) => invoke<RunView>('start_run', { request });

export const openRun = (run: string) => invoke<RunView>('open_run', { run });

export const step = (run: string, step: string) => invoke<StepDetail>('step', { run, step });

/** As the operator, or as whoever `by` names. */
export const submit = (run: string, command: Command, by: string | null = null) =>
  invoke<RunView>('submit', { run, command, by });

/** Approves a plan under the second person's signature. The passphrase goes nowhere but there. */
export const approveSigned = (
  run: string,
  approval: { step: string; digest: string; by: string; passphrase: string; typed: string | null },
) => invoke<RunView>('approve_signed', { run, ...approval });

/** Since when a person has had a passphrase on this machine; `null` when they have none. */
export const signedUp = (name: string) => invoke<string | null>('signed_up', { name });

/** Gives a person a passphrase on this machine. */
export const signUp = (name: string, passphrase: string) => invoke<string>('sign_up', { name, passphrase });

/** Keeps a file as evidence; `content` is base64. */
export const attach = (run: string, step: string | null, name: string, content: string) =>
  invoke<RunView>('attach', { run, step, name, content });

/** A picture that was kept as evidence, as a data URL. */
export const picture = (run: string, digest: string) => invoke<string>('picture', { run, digest });

/** The rows whose number is above `after`, oldest first. */
export const timeline = (run: string, after: number) => invoke<TimelineRow[]>('timeline', { run, after });

export const attachment = (run: string, digest: string, from: number) =>
  invoke<AttachmentPage>('attachment', { run, digest, from });

/** The texts of the entries `leftOut` are left out, which only JSON lines can do. */
export const exportTimeline = (run: string, format: ExportFormat, leftOut: number[] = []) =>
  invoke<Exported>('export_timeline', { run, format, leftOut });

export const exportReport = (run: string, format: ReportFormat) =>
  invoke<Exported>('export_report', { run, format });

/** What became of every photo, as CSV. Resolves to where the file went. */
export const exportManifest = (run: string, step: string) => invoke<string>('export_manifest', { run, step });

/** Asks the action at work to stop between two items. */
export const stop = (run: string) => invoke<void>('stop', { run });

export const closeNow = () => invoke<void>('close_now');

export const openLink = (url: string) => invoke<void>('open_link', { url });

export const onRun = (hear: (view: RunView) => void): Promise<UnlistenFn> =>
  listen<RunView>('run', (event) => hear(event.payload));

export const onProgress = (hear: (view: ProgressView) => void): Promise<UnlistenFn> =>
  listen<ProgressView>('progress', (event) => hear(event.payload));

export const onCloseAsked = (hear: (asked: CloseAsked) => void): Promise<UnlistenFn> =>
  listen<CloseAsked>('close-asked', (event) => hear(event.payload));

/** What went wrong in the background. */
export const onProblem = (hear: (problem: ProblemText) => void): Promise<UnlistenFn> =>
  listen<ProblemText>('problem', (event) => hear(event.payload));

/** What a rejected promise says, in two parts, whatever it was rejected with. */
export function problemOf(error: unknown): ProblemText {
  if (typeof error === 'object' && error !== null && 'what' in error && 'next' in error) {
    return { what: String(error.what), next: String(error.next) };
  }
  const what = error instanceof Error ? error.message : String(error);
  return { what, next: 'Try again. If it repeats, close Lifeboat and open it again: the run is kept.' };
}
