// `npm run reset`: ends what a killed launcher left and removes the local servers' data. Downloaded and built
// servers stay in the user's cache.
import { fileURLToPath } from 'node:url'
import { endLeftovers, refuseIfInUse, removeState, testStates } from './state.mjs'

const stateDir = fileURLToPath(new URL('../.floodgate', import.meta.url))

try {
  const folders = [...testStates(stateDir), stateDir]
  for (const folder of folders) refuseIfInUse(folder)
  for (const folder of folders) {
    const ended = await endLeftovers(folder)
    if (ended.length > 0) console.log(`✔ ended what was left running: ${ended.join(', ')}`)
  }
  const removed = folders.map(removeState).includes(true)
  console.log(removed ? `✔ removed ${stateDir}` : `nothing to remove: ${stateDir} is not there`)
} catch (error) {
  console.error(`✖ ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
