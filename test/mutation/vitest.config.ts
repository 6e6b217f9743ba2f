import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { settings } from './settings.ts'

const { tests, servers, workflows } = settings()

/**
 * The tests of a mutation run (`npm run mutate`). Stryker asks for threads, which crash Temporal's native
 * core and any test that ends its process; its runner has no option for it, so it is set once Vitest is
 * configured.
 */
export default defineConfig({
  plugins: [
    {
      name: 'forks',
      configureVitest: ({ project }) => {
        project.config.pool = 'forks'
      },
    },
  ],
  test: {
    include: tests,
    exclude: ['test/repository/**', 'test/local/**', '**/node_modules/**'],
    // A test that is slow on a busy machine is no test that fails: Stryker bounds each mutant by itself.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    ...(servers ? { globalSetup: [file('./servers.ts')] } : { isolate: false }),
    ...(workflows && { setupFiles: [file('./workflow-mutant.ts')] }),
  },
})

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
