import { openContainer } from '../../runtime/container.ts'
import { consumerVariables, readEnv } from '../../runtime/environment.ts'
import { requireNoEviction } from '../../runtime/gate-server.ts'
import { startLifecycle } from '../../runtime/lifecycle.ts'
import { runProcess } from '../../runtime/process.ts'
import { startConsumer } from './consumer.ts'
import { consumerDeps } from './deps.ts'
import { sampleOffers } from './figures.ts'

/** The process `consumer`: flash-sale tickets into orders, and the supervision of the gates. */
await runProcess(async () => {
  const env = readEnv(consumerVariables, process.env)
  const container = await openContainer(env)
  await requireNoEviction(container)
  const deps = consumerDeps(env, container)
  const consumer = startConsumer(deps)
  sampleOffers(deps)
  const { server, ending } = await startLifecycle(env, container, ['postgresql', 'gate'])
  return { running: [consumer, { stop: container.close }, server], ...ending }
})
