import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../children/tool.ts'
import { cached, cacheOf, type Found, given, onPath, type Way } from './ways.ts'

/**
 * The command line's version, with server 1.29. Later ones have a `replace` line, which `go install` refuses.
 */
const version = 'v1.5.1'
const module_ = `github.com/temporalio/cli/cmd/temporal@${version}`

/** Every way to come by a Temporal server, the cheapest first. */
export const temporalWays = (env: NodeJS.ProcessEnv): Way<Found>[] => [
  given('TEMPORAL_ADDRESS', '127.0.0.1:7233', env),
  onPath(['temporal'], 'install the Temporal CLI (docs.temporal.io/cli), so that temporal is on PATH', env),
  cached(['temporal'], cacheOf(env)),
  download(cacheOf(env)),
  goInstall(cacheOf(env), env),
]

/** Temporal's own download, run apart: a native call can't be stopped, a process can. */
function download(cache: string): Way<Found> {
  return {
    name: 'a download through @temporalio/testing',
    remedy: 'have access to the internet: the Temporal CLI is downloaded once',
    look: (report) =>
      viaFolder(cache, async (folder) => {
        report(`downloading the Temporal CLI ${version}`)
        const script = fileURLToPath(new URL('./temporal-download.mjs', import.meta.url))
        await runTool(process.execPath, [script, version, folder], { withinMs: 180_000 })
        return 'downloaded'
      }),
  }
}

function goInstall(cache: string, env: NodeJS.ProcessEnv): Way<Found> {
  return {
    name: `go install ${module_}`,
    remedy: `install Go 1.23 or later: it builds the Temporal CLI once, in a few minutes`,
    look: (report) =>
      viaFolder(cache, async (folder) => {
        report('building the Temporal CLI with Go: once, about 4 minutes on 2 cores')
        const seen = { fetched: 0, compiled: 0 }
        await runTool('go', ['install', '-v', '-ldflags', '-s -w', module_], {
          env: { GOBIN: folder, PATH: env.PATH ?? '' },
          withinMs: 30 * 60_000,
          onLine: (line) => {
            if (line.startsWith('go: downloading')) seen.fetched += 1
            else seen.compiled += 1
            report(
              `building the Temporal CLI with Go: ${seen.fetched} modules fetched, ${seen.compiled} packages compiled`,
            )
          },
        })
        return 'built with Go'
      }),
  }
}

/** Lets `bring` put the program into a folder of its own, and moves it into the cache when it is whole. */
async function viaFolder(cache: string, bring: (folder: string) => Promise<string>): Promise<Found> {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, '.temporal-'))
  try {
    const from = await bring(folder)
    const file = readdirSync(folder).find((name) => name.startsWith('temporal'))
    if (!file) throw new Error('it brought no temporal')
    renameSync(join(folder, file), join(cache, 'temporal'))
    return { binary: join(cache, 'temporal'), from }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
