import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { stopAll, stopOnSignals } from '../../local/children/living.ts'
import { stateFolder } from '../../local/compose.ts'
import { startServers } from '../../local/servers/start.ts'
import { removeState } from '../../local/state.mjs'
import { bundleWorkflows, makeTemplate } from '../servers.ts'
import { triedLua } from './lua.ts'
import { planOf } from './plan.ts'
import { printReport, scoreOf } from './report.ts'
import { drawOf } from './sample.mjs'
import { passOn, type RunningServers } from './settings.ts'
import { triedByStryker } from './stryker.ts'

type Options = { share: string; seed?: string; tests?: string[]; atLeast?: string }

/**
 * `npm run mutate -- domain`: changes one thing of the code at a time and runs the tests that reach it; a
 * change that no test notices is printed, and kept in `.floodgate/mutation`.
 */
const program = new Command('mutate')
  .argument('<path>', 'a folder or a file, e.g. domain, services/orders or redis/gate/lua')
  .option('--share <0…1>', 'try so large a sample of the mutants', '1')
  .option('--seed <n>', 'which sample; drawn, and printed, when it is not given')
  .option('--tests <globs...>', 'the tests to run, in place of those of test/mutation/plan.ts')
  .option('--at-least <percent>', 'exit 1 when fewer are killed')
  .action(async (path: string, { share, seed, tests, atLeast = '0' }: Options) => {
    const plan = { ...planOf(path), ...(tests && { tests }) }
    const sample = { share: Number(share), seed: Number(seed ?? Math.floor(Math.random() * 1e6)) }
    if (sample.share < 1) console.log(`a sample of ${sample.share} with seed ${sample.seed}`)
    const servers = plan.servers ? await serversForRun() : undefined
    try {
      passOn({ tests: plan.tests, workflows: plan.workflows, ...(servers && { servers }) })
      const isInSample = (id: string): boolean => drawOf(sample.seed, id) < sample.share
      const mutants = path.endsWith('/lua')
        ? triedLua(path, join(stateFolder, `mutation/lua-${process.pid}`), { isInSample })
        : await triedByStryker(plan, sample)
      printReport(mutants, sample.share < 1)
      const file = join(stateFolder, 'mutation', `${path.replaceAll('/', '-')}.json`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify({ path, ...sample, ...scoreOf(mutants), list: mutants }, null, 1))
      if (scoreOf(mutants).percent < Number(atLeast)) process.exitCode = 1
    } finally {
      await stopAll()
    }
  })
await program.parseAsync()

/** Servers for the whole run, as those of `npm test`. */
async function serversForRun(): Promise<RunningServers> {
  const stateDir = join(stateFolder, `test-${process.pid}`)
  stopOnSignals((line) => process.stderr.write(`\n${line}\n`))
  process.once('exit', () => removeState(stateDir))
  const { databaseUrl, redisUrl, temporalAddress } = await startServers({
    ...{ stateDir, usualPorts: false, durable: false },
  })
  await makeTemplate(databaseUrl)
  const workflowBundle = join(stateDir, 'workflows.js')
  await bundleWorkflows(workflowBundle)
  return { databaseUrl, redisUrl, temporalAddress, workflowBundle }
}
