import { openContainer } from '../../runtime/container.ts'
import { jobsVariables, readEnv } from '../../runtime/environment.ts'
import { runProcess } from '../../runtime/process.ts'
import { jobsDeps } from './deps.ts'
import { startJobs } from './jobs.ts'

/** The process `jobs`: delivers what callbacks and signals did not, watches open attempts, starts refunds. */
await runProcess(async () => {
  const env = readEnv(jobsVariables, process.env)
  const container = await openContainer(env)
  const jobs = startJobs(jobsDeps(env, container))
  return { running: [jobs, { stop: container.close }] }
})
