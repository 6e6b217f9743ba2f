import { openContainer } from '../../runtime/container.ts'
import { jobsVariables, readEnv } from '../../runtime/environment.ts'
import { startLifecycle } from '../../runtime/lifecycle.ts'
import { runProcess } from '../../runtime/process.ts'
import { jobsDeps } from './deps.ts'
import { sampleShop } from './figures.ts'
import { startJobs } from './jobs.ts'

/** The process `jobs`: delivers what callbacks and signals did not, watches open attempts, starts refunds. */
await runProcess(async () => {
  const env = readEnv(jobsVariables, process.env)
  const container = await openContainer(env)
  const jobs = startJobs(jobsDeps(env, container))
  sampleShop(container.db.sql, {
    warn: (error) => container.log.warn({ error }, 'the figures could not be read'),
  })
  const { server, ending } = await startLifecycle(env, container, ['postgresql', 'temporal'])
  return { running: [jobs, { stop: container.close }, server], ...ending }
})
