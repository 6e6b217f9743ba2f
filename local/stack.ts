import { launch } from './children/living.ts'
import { startStack } from './compose.ts'

/** `npm run stack`: the servers and the application, up until Ctrl-C. */
await launch(async () => {
  const began = Date.now()
  const { servers, url, sandboxUrl, died } = await startStack()
  process.stdout.write(`
Ready in ${((Date.now() - began) / 1000).toFixed(1)} s. Look at
  API          ${url}/docs
  Temporal     ${servers.temporalUi ?? servers.temporalAddress}
  PostgreSQL   ${servers.databaseUrl}
  Redis        ${servers.redisUrl}
  WeChat Pay   ${sandboxUrl} (a stand-in)
  Pay by hand  ${sandboxUrl}/sandbox/cashier/<number of the attempt>
Ctrl-C stops everything; \`npm run reset\` forgets it.
`)
  throw new Error(await died)
})
