import { defineConfig } from 'vitest/config'

/**
 * `*.unit.test.ts` needs no server and runs in seconds (`npm run check`). Everything else runs against real
 * PostgreSQL, Redis and Temporal that the global set-up starts. Forks, because worker threads crash
 * Temporal's native core; more of them than a small machine has cores, because most tests wait for servers.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.unit.test.ts'], isolate: false, testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.unit.test.ts'],
          globalSetup: ['test/servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
