import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  // The port that tauri.conf.json names.
  server: { port: 5173, strictPort: true },
  build: {
    target: ['chrome111', 'safari16.4'],
    // The content policy allows no data: fonts, so nothing is inlined.
    assetsInlineLimit: 0,
  },
});
