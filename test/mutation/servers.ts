import type { TestProject } from 'vitest/node'
import { bundleWorkflows } from '../servers.ts'
import { settings } from './settings.ts'

/**
 * Lends the tests the servers that the command line has started: they outlive the test process, which Stryker
 * ends whenever a mutant makes a test hang. For mutants of workflows the bundle is made of the mutated files.
 */
export default async function setup({ provide }: TestProject): Promise<void> {
  const { servers, workflows } = settings()
  if (!servers) return
  provide('databaseUrl', servers.databaseUrl)
  provide('redisUrl', servers.redisUrl)
  provide('temporalAddress', servers.temporalAddress)
  const bundle = workflows ? `${servers.workflowBundle}.${process.pid}.js` : servers.workflowBundle
  if (workflows) await bundleWorkflows(bundle)
  provide('workflowBundle', bundle)
}
