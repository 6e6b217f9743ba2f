import { startChild } from '../../local/children/child.ts'
import { launch } from '../../local/children/living.ts'
import { claim } from '../../local/state.mjs'

/** A launcher of one sleeping child: prints the child's number, and stays up until a signal ends it. */
await launch(async () => {
  const stateDir = process.argv[2] ?? ''
  await claim(stateDir)
  const args = ['-e', 'setInterval(() => {}, 1000)']
  const { pid, ended } = await startChild({
    name: 'sleeper',
    command: process.execPath,
    args,
    stateDir,
    ready: async () => true,
  })
  process.stdout.write(`${pid}\n`)
  await ended
  return 0
})
