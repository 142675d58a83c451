/** Scroll positions that survive a restart. */
import type { Attachment } from 'svelte/attachments';

import { store, stored } from './drafts.svelte';

/** Keeps how far an element is scrolled under `key`, and goes there when it appears. */
export function remembered(key: string): Attachment<HTMLElement> {
  const name = `lifeboat.scroll.${key}`;
  return (element) => {
    element.scrollTop = Number(stored(name) ?? 0);
    let waiting = 0;
    const keep = () => {
      waiting ||= window.setTimeout(() => {
        waiting = 0;
        store(name, element.scrollTop > 0 ? String(Math.round(element.scrollTop)) : '');
      }, 200);
    };
    element.addEventListener('scroll', keep, { passive: true });
    return () => {
      window.clearTimeout(waiting);
      element.removeEventListener('scroll', keep);
    };
  };
}
