// Bundles the tests of the page's pure parts, so that any Node can run them, and runs those whose name has the pattern.
import { build } from 'vite';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const here = path.dirname(new URL(import.meta.url).pathname);
const pattern = process.argv[2] ?? '';
const tests = fs
  .readdirSync(here)
  .filter((name) => name.endsWith('.test.ts') && name.includes(pattern));
if (tests.length === 0) process.exit(0);

const outDir = fs.mkdtempSync(path.join(os.tmpdir(), 'jobd-web-'));
process.on('exit', () => fs.rmSync(outDir, { recursive: true, force: true }));
await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir,
    emptyOutDir: true,
    minify: false,
    target: 'node18',
    rollupOptions: {
      input: tests.map((name) => path.join(here, name)),
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'shared/[name]-[hash].mjs' },
    },
  },
});
const built = fs.readdirSync(outDir).filter((name) => name.endsWith('.test.mjs'));
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...built], {
  cwd: outDir,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
