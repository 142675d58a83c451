/** Builds the window once, serves it under the real window's content policy, and starts one browser. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    url: string;
    browser: string;
  }
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export function policy(): string {
  const shell = JSON.parse(readFileSync(path('../../src-tauri/tauri.conf.json'), 'utf8'));
  const csp: Record<string, string> = shell.app.security.csp;
  return Object.entries(csp).map(([name, value]) => `${name} ${value}`).join('; ');
}

export default async function setup(project: TestProject) {
  const outDir = mkdtempSync(join(tmpdir(), 'lifeboat-page-'));
  await build({
    configFile: false,
    root: path('page'),
    plugins: [svelte({ configFile: path('../svelte.config.js') })],
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, target: 'esnext' },
  });
  const server = await preview({
    configFile: false,
    root: path('page'),
    logLevel: 'warn',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1', headers: { 'Content-Security-Policy': policy() } },
  });
  const browser = await chromium.launchServer({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
  project.provide('url', server.resolvedUrls!.local[0]!);
  project.provide('browser', browser.wsEndpoint());
  return async () => {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true });
  };
}
