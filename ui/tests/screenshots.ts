/** Pictures of every screen, to be looked at: `npm run screenshots` writes them below `target/`. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { test } from 'vitest';

import { SCREENS } from './screens';

const DIR = process.env.SCREENSHOTS_DIR ?? fileURLToPath(new URL('../../target/screenshots/ui', import.meta.url));
const ONLY = process.env.ONLY?.split(',');
const SIZES = {
  laptop: { width: 1280, height: 800 },
  monitor: { width: 1920, height: 1080 },
  narrow: { width: 960, height: 640 },
  /** A laptop at 200 %. */
  zoomed: { width: 640, height: 400 },
};

mkdirSync(DIR, { recursive: true });

for (const [name, show] of Object.entries(SCREENS)) {
  for (const theme of ['light', 'dark', 'night'] as const) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const file = `${name}-${theme}-${size}`;
      const wanted = ONLY ? ONLY.some((part) => file.includes(part)) : theme === 'light' || (theme === 'dark' ? size !== 'zoomed' : size === 'laptop');
      test.runIf(wanted)(file, async () => {
        const window = await show({ theme, size: viewport });
        await window.page.waitForTimeout(400);
        await window.page.screenshot({ path: `${DIR}/${file}.png` });
      });
    }
  }
}
