/** What is kept for the review: files, tags of notes, corrective actions, and the exports that carry them. */
import { describe, expect, test } from 'vitest';

import type { FileView } from '../src/lib/types/FileView';
import { DIGEST, FILES, PICTURE, WORK, clocks, restoring, runAt } from './fixtures';
import { Refusal, type Window, drop, openRun, soon } from './window';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const attached = (window: Window) => window.calls.filter(({ command }) => command === 'attach').map(({ args }) => args);
const ended = (run: Parameters<typeof runAt>[2] = {}) =>
  openRun(runAt(null, {}, { state: 'finished', ended: '2026-11-24T03:14:00Z', ...run }));
const refusal = new Refusal({ what: 'The journal can’t be written.', next: 'Make room on the disk.' });

describe('a file', () => {
  test('that is chosen is kept about the step on the screen', async () => {
    const window = await openRun(restoring(WORK.planned));
    const chooser = window.page.waitForEvent('filechooser');
    await window.get('attach').click();
    expect((await chooser).isMultiple()).toBe(true);
    await (await chooser).setFiles([file('ticket.txt', 'as it was')]);
    await soon(() => attached(window)).toEqual([
      { run: restoring(WORK.planned).id, step: 'restore', name: 'ticket.txt', content: base64('as it was') },
    ]);
    await soon(() => window.get('said').textContent()).toBe('Kept as evidence: ticket.txt.');
    await window.press('Escape', 'k');
    await window.get('looking').waitFor();
    await window.get('chooser').setInputFiles([file('ticket.txt', 'as it was')]);
    await soon(() => attached(window).at(-1)).toMatchObject({ step: 'survey', name: 'ticket.txt' });
  });

  test('waits for the one before it, and the window says which it is at', async () => {
    const waiting: (() => void)[] = [];
    const view = restoring(WORK.planned);
    const window = await openRun(view, { replies: { attach: () => new Promise((resolve) => waiting.push(() => resolve(view))) } });
    await window.get('chooser').setInputFiles([file('a.txt', 'a'), file('b.txt', 'b')]);
    await soon(() => window.get('attaching').innerText()).toBe('Keeping a.txt, 1 of 2');
    await soon(() => attached(window)).toHaveLength(1);
    await window.get('chooser').setInputFiles([file('c.txt', 'c')]);
    await soon(() => waiting.length).toBe(1);
    waiting[0]!();
    await soon(() => window.get('attaching').innerText()).toBe('Keeping b.txt, 2 of 3');
    await soon(() => waiting.length).toBe(2);
    waiting[1]!();
    await soon(() => waiting.length).toBe(3);
    waiting[2]!();
    await soon(() => window.get('attaching').innerText()).toContain('up to 25 MB each');
    expect(attached(window).map(({ name }) => name)).toEqual(['a.txt', 'b.txt', 'c.txt']);
  });

  test('that is too large or empty is not sent, and the others are', async () => {
    const window = await openRun(restoring(WORK.planned));
    await drop(window, 'note', { 'video.mov': 31_200_000, 'empty.txt': 0, 'ticket.txt': 1 });
    await soon(() => attached(window).map(({ name }) => name)).toEqual(['ticket.txt']);
    expect(await window.get('not-kept').allInnerTexts()).toEqual([
      'video.mov is 31.2 MB: a file may have 25 MB at most. Note where it is kept instead.',
      'empty.txt is empty or a folder: there is nothing to keep.',
    ]);
    await window.get('chooser').setInputFiles([file('ticket.txt', 'x')]);
    await window.get('not-kept').first().waitFor({ state: 'detached' });
  });

  test('that Rust refuses is named with the reason, and the next one is still sent', async () => {
    const view = restoring(WORK.planned);
    const window = await openRun(view, { replies: { attach: ({ name }) => (name === 'a.txt' ? refusal : view) } });
    await window.get('chooser').setInputFiles([file('a.txt', 'a'), file('b.txt', 'b')]);
    await soon(() => window.get('not-kept').allInnerTexts()).toEqual(['a.txt is not kept. The journal can’t be written. Make room on the disk.']);
    await soon(() => window.get('said').textContent()).toBe('Kept as evidence: b.txt.');
  });

  test('is kept where it is dropped on the note, and nothing becomes of it anywhere else', async () => {
    const window = await openRun(restoring(WORK.planned));
    expect(await drop(window, 'current-step', { 'elsewhere.txt': 1 })).toEqual([true, true]);
    expect(await drop(window, 'note', { 'one.txt': 7, 'two.txt': 7 })).toEqual([true, true]);
    await soon(() => attached(window).map(({ name }) => name)).toEqual(['one.txt', 'two.txt']);
    expect(attached(window)[0]!.content).toBe(base64('xxxxxxx'));
  });
});

describe('what is pasted', () => {
  test('is a screenshot named by its time in UTC, when it is a picture', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.page.evaluate(async (url) => {
      const bytes = Uint8Array.from(atob(url.split(',')[1]!), (one) => one.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
    }, PICTURE);
    await window.get('note').fill('what the Portal says');
    await window.page.clock.pauseAt('2026-11-24T03:20:09Z');
    await window.press('Control+v');
    await soon(() => attached(window)).toMatchObject([{ step: 'restore', name: 'screenshot 2026-11-24 03.20.09.png' }]);
    expect(Buffer.from(attached(window)[0]!.content, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(await window.get('note').inputValue()).toBe('what the Portal says');
  });

  test('is still text when it is text', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.page.evaluate(() => navigator.clipboard.writeText('request 4V2'));
    await window.get('note').focus();
    await window.press('Control+v');
    await soon(() => window.get('note').inputValue()).toBe('request 4V2');
    expect(attached(window)).toEqual([]);
  });
});

describe('the files of a run', () => {
  const files = (window: Window) => window.get('files').innerText();
  const kept = (changes: Partial<FileView>) => openRun(restoring(WORK.planned, {}, { files: [{ ...FILES[0]!, ...changes }] }));

  test('are listed at their step, and all of them when it is over', async () => {
    const window = await openRun(restoring(WORK.planned, {}, { files: FILES }));
    expect(await files(window)).toMatch(/screenshot 2026-11-24 03\.14\.22\.png\s+184\.2 kB c41d…4d5e\s+ticket\.html\s+9\.1 kB/);
    expect(await files(window)).not.toContain('cloudtrail');
    const over = await ended({ files: FILES });
    for (const { name } of FILES) expect(await files(over)).toContain(name);
  });

  test('a picture is shown so that it fits, and in its real size once it is pressed', async () => {
    const window = await openRun(restoring(WORK.planned, {}, { files: FILES }));
    await window.get('file-0').click();
    const image = window.get('file').locator('img');
    await image.waitFor();
    expect(window.calls.at(-1)).toEqual({ command: 'picture', args: { run: restoring(WORK.planned).id, digest: FILES[0]!.digest } });
    expect(await image.getAttribute('src')).toBe(PICTURE);
    await soon(() => window.get('file').innerText()).toContain('image/png, 96 × 64, 184.2 kB');
    expect(await window.get('file-digest').innerText()).toBe(FILES[0]!.digest);
    await window.get('picture').click();
    expect(await window.get('picture').getAttribute('aria-pressed')).toBe('true');
    await window.get('real').click();
    expect(await window.get('picture').getAttribute('aria-pressed')).toBe('false');
  });

  test.each(['text/html', 'image/svg+xml', 'text/plain; charset=utf-8', 'application/json'])('%s is shown as text, never run', async (media) => {
    const hostile = '<svg onload="document.title=1"><script>document.title=1</script></svg>';
    const window = await kept({ media });
    window.answer({ attachment: ({ from }) => ({ lines: [hostile], from, more: false }) });
    await window.get('file-0').click();
    await soon(() => window.get('attachment').innerText()).toContain(hostile);
    expect(await window.page.title()).toBe('Lifeboat');
    expect(window.asked('picture')).toBe(0);
  });

  test('what is no picture is not put on the screen as one', async () => {
    const window = await openRun(restoring(WORK.planned, {}, { files: FILES }), {
      replies: { picture: () => 'data:image/svg+xml;base64,PHN2Zy8+' },
    });
    await window.get('file-0').click();
    await soon(() => window.get('file').innerText()).toContain('This is no picture that can be shown.');
    expect(await window.get('file').locator('img').count()).toBe(0);
    await window.press('Escape');
    window.answer({ picture: () => refusal });
    await window.get('file-0').click();
    await soon(() => window.get('file').innerText()).toContain('The journal can’t be written. Make room');
    await window.press('Escape');
    window.answer({ picture: () => 'data:image/png;base64,AAAA' });
    await window.get('file-0').click();
    await soon(() => window.get('file').innerText()).toContain('This is no picture that can be shown.');
  });

  test('anything else says what it is and where it can be had', async () => {
    const window = await kept({ media: 'application/pdf', digest: DIGEST, bytes: 2_184_202, name: 'statement.pdf' });
    await window.get('file-0').click();
    const text = await window.get('file').innerText();
    for (const words of ['statement.pdf', 'application/pdf, 2.1 MB (2,184,202 bytes)', DIGEST, 'comes with the archive']) expect(text).toContain(words);
    expect(window.asked('picture') + window.asked('attachment')).toBe(0);
  });
});

describe('a note', () => {
  test('says what it is about, which is kept until it is sent', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.get('note').fill('the alarm woke nobody');
    await window.get('note-tag').selectOption('Went badly');
    await window.page.reload();
    await window.page.locator('[data-testid^=go-on-]').click();
    await soon(() => window.get('note-tag').inputValue()).toBe('went_badly');
    await window.get('note').press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'note', text: 'the alarm woke nobody', step: 'restore', tag: 'went_badly' }]);
    await soon(() => window.get('note-tag').inputValue()).toBe('');
  });

  test('is tagged without a mouse', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.press('n');
    await soon(() => window.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('note');
    await window.page.keyboard.type('badges worked offline');
    await window.press('Tab', 'Tab', 'w', 'Tab', 'n');
    await window.get('note').press('Enter');
    await soon(() => window.submitted).toEqual([{ do: 'note', text: 'badges worked offline', step: 'restore', tag: 'went_well' }]);
  });
});

describe('a corrective action', () => {
  const fill = async (scope: ReturnType<Window['get']>, what: string, owner: string, due: string) => {
    await scope.getByTestId('correct-what').fill(what);
    await scope.getByTestId('correct-owner').fill(owner);
    await scope.getByTestId('correct-due').fill(due);
    await scope.getByTestId('correct-submit').click();
  };

  test('is added on the summary, until a day or without one', async () => {
    const window = await ended();
    const form = window.get('ended');
    await fill(form, ' Alert on deletes by the thousand ', 'Robin Falk', '2026-12-15');
    await soon(() => window.submitted).toEqual([
      { do: 'correct', what: 'Alert on deletes by the thousand', owner: 'Robin Falk', due: '2026-12-15' },
    ]);
    await soon(() => form.getByTestId('corrected').innerText()).toBe('It is in the timeline: Alert on deletes by the thousand');
    expect(await form.getByTestId('correct-what').inputValue()).toBe('');
    await fill(form, 'Practise this', 'Dana', '');
    await soon(() => window.submitted.at(-1)).toEqual({ do: 'correct', what: 'Practise this', owner: 'Dana', due: null });
  });

  test.each([
    ['', 'Dana', '', 'Say what will be done.'],
    ['Practise this', ' ', '', 'Say who will do it'],
    ['Practise this', 'Dana', 'soon', 'Write it as 2026-12-15'],
    ['Practise this', 'Dana', '2026-02-30', 'Write it as 2026-12-15'],
  ])('of %j, %j, %j is not sent', async (what, owner, due, words) => {
    const window = await ended();
    await fill(window.get('ended'), what, owner, due);
    await soon(() => window.get('correct-form').innerText()).toContain(words);
    expect(await window.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
    expect(await window.sent()).toEqual([]);
  });

  test('is added while the run goes on, beside the notes; what was typed outlives Esc and a refusal', async () => {
    const window = await openRun(restoring(WORK.planned), { replies: { submit: () => refusal } });
    await window.get('correct').click();
    const dialog = window.get('correct-dialog');
    await fill(dialog, 'Alert on deletes', 'Robin Falk', '');
    await soon(() => dialog.innerText()).toContain('The journal can’t be written. Make room on the disk.');
    await window.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await window.get('correct').click();
    expect(await dialog.getByTestId('correct-what').inputValue()).toBe('Alert on deletes');
    window.answer({ submit: () => restoring(WORK.planned) });
    await dialog.getByTestId('correct-submit').click();
    await dialog.waitFor({ state: 'detached' });
    expect(window.submitted.at(-1)).toEqual({ do: 'correct', what: 'Alert on deletes', owner: 'Robin Falk', due: null });
  });
});

describe('the exports', () => {
  test.each(['pdf', 'html', 'md', 'zip'])('carry the review as %s', async (format) => {
    const window = await ended({ recovery: clocks({}, { stopped: '2026-11-24T03:14:00Z' }) });
    await window.get('ended').getByTestId(`report-${format}`).click();
    await soon(() => window.get('notice').innerText()).toContain(`The ${format === 'zip' ? 'archive' : 'review'} is in /home/sam/review.${format}`);
    expect(window.calls.at(-1)).toEqual({ command: 'export_report', args: { run: restoring(WORK.planned).id, format } });
    expect(await window.get('review-about').innerText()).not.toContain('draft');
  });

  test('of a run that is not over are a draft, and say so before and after', async () => {
    const window = await openRun(restoring(WORK.planned));
    await window.press('e');
    expect(await window.get('review-about').innerText()).toContain('The run is not over: this is a draft');
    await window.get('report-pdf').click();
    await soon(() => window.get('notice').innerText()).toContain('The draft of the review is in /home/sam/review.pdf');
    await window.get('report-pdf').waitFor({ state: 'detached' });
  });

  test('are written one at a time', async () => {
    let done = () => {};
    const window = await openRun(restoring(WORK.planned), {
      replies: { export_report: () => new Promise((resolve) => (done = () => resolve({ path: '/home/sam/review.zip', unsigned: null }))) },
    });
    await window.press('e');
    await window.get('report-zip').click();
    await soon(() => window.get('report-zip').getAttribute('aria-busy')).toBe('true');
    await window.get('report-pdf').click();
    await window.get('export-md').click();
    done();
    await soon(() => window.get('notice').innerText()).toContain('The draft of the archive is in');
    expect(window.asked('export_report') + window.asked('export_timeline')).toBe(1);
  });
});
