/** Every screen: nothing is broken in it, everybody can read it, and it fits. */
import { describe, expect, test } from 'vitest';

import { SCREENS } from './screens';
import type { Window } from './window';

const LAPTOP = { width: 1280, height: 800 };
const SMALLEST = { width: 960, height: 640 };
/** The same two at 200 %. */
const ZOOMED = [
  { width: 640, height: 400 },
  { width: 480, height: 320 },
];

/** What sticks out of its box or out of the window, sideways. Lines of an attachment are as long as they are. */
const overflowing = (window: Window) =>
  window.page.evaluate(() => {
    const named = (element: Element) => element.outerHTML.slice(0, 120);
    const wide = (element: Element) => element.scrollWidth > element.clientWidth + 1;
    const cut = (element: Element) => getComputedStyle(element).overflowX === 'hidden';
    const found = [...document.querySelectorAll('*')]
      .filter((element) => element.clientWidth > 0 && !element.closest('[aria-label=Lines], .unseen, select'))
      .filter((element) => (wide(element) && !cut(element)) || element.getBoundingClientRect().right > innerWidth + 1);
    return found.filter((element) => !found.some((other) => other !== element && element.contains(other))).map(named);
  });

/** What is drawn to measure is drawn anew a frame or two after the window has another size. */
const fits = (window: Window, width: number) =>
  expect.poll(() => overflowing(window), { message: `${width}`, timeout: 10_000 }).toEqual([]);

/** The filled button of whatever is in front, or the button that closes it. */
const primary = (window: Window) =>
  window.page.evaluate(() => {
    const front = document.querySelector('dialog[open]') ?? document.body;
    const button = front.querySelector('.button.primary') ?? front.querySelector('dialog .button:last-of-type');
    if (!button) return null;
    const { top, bottom, left, right } = button.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const whole = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
    return { button: button.textContent?.trim(), inView: whole && at !== null && button.contains(at) };
  });

describe.each(Object.entries(SCREENS))('%s', (_, show) => {
  test('is read by everybody, in light, dark and at night', async () => {
    const window = await show({ size: LAPTOP });
    await window.page.emulateMedia({ reducedMotion: 'reduce' });
    await window.settled();
    expect(await window.axe(), 'light').toEqual([]);
    await window.page.emulateMedia({ colorScheme: 'dark' });
    expect(await window.axe(), 'dark').toEqual([]);
    // A dialog is in front of the choice of the theme: it is not clicked.
    await window.get('theme').evaluate((theme: HTMLSelectElement) => {
      theme.value = 'night';
      theme.dispatchEvent(new Event('change'));
    });
    expect(await window.axe(), 'night').toEqual([]);
  });

  test('fits a laptop, the smallest window, and both at 200 %', async () => {
    const window = await show({ size: LAPTOP });
    for (const size of [LAPTOP, SMALLEST]) {
      await window.page.setViewportSize(size);
      await fits(window, size.width);
      expect((await primary(window))?.inView ?? true, `the primary button at ${size.width}`).toBe(true);
    }
    for (const size of ZOOMED) {
      await window.page.setViewportSize(size);
      await fits(window, size.width);
    }
  });
});
