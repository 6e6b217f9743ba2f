import type { Plan } from './plan.ts'

/** The servers of a run, which last for all of its mutants. */
export type RunningServers = {
  databaseUrl: string
  redisUrl: string
  temporalAddress: string
  workflowBundle: string
}

/** What the command line passes on to the processes that Stryker starts. */
export type Settings = Pick<Plan, 'tests' | 'workflows'> & { servers?: RunningServers }

const variable = 'MUTATION_SETTINGS'

/** Passes the settings on to every process that is started from here. */
export function passOn(settings: Settings): void {
  process.env[variable] = JSON.stringify(settings)
}

/** The settings of the run that this process belongs to. */
export const settings = (): Settings => JSON.parse(process.env[variable] ?? '{"tests":[]}') as Settings // Our own.
