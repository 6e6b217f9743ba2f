import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker'

const root = fileURLToPath(new URL('..', import.meta.url))
/** `.ts`, and `.js` in what `npm run build` has made. */
const extension = extname(fileURLToPath(import.meta.url))
/** What workflows are made of: their own files, and the folders that they may import code from. */
const sources = ['workflows', 'domain']
const built = join(root, '.floodgate', 'bundles')

/**
 * The workflows, compiled into what the sandbox runs: as `npm run build` made it, if that was from these very
 * sources and this version of the SDK; compiled now otherwise, which takes seconds.
 */
export async function bundleWorkflows(): Promise<WorkflowBundleOption> {
  const file = bundleFile()
  return existsSync(file) ? { codePath: file } : compile()
}

/** Compiles the workflows ahead of the processes' starts. Answers where the bundle is. */
export async function buildWorkflows(): Promise<string> {
  const file = bundleFile()
  if (existsSync(file)) return file
  const { code } = await compile()
  mkdirSync(built, { recursive: true })
  writeFileSync(`${file}.${process.pid}`, code)
  renameSync(`${file}.${process.pid}`, file) // A process that starts meanwhile sees all of it or nothing.
  return file
}

const compile = () =>
  bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', `index${extension}`),
    logger: new DefaultLogger('WARN'),
  })

/** Its name is a digest of the sources and the SDK's version, so a bundle of other ones is never found. */
function bundleFile(): string {
  const digest = createHash('sha256').update(sdkVersion())
  for (const folder of sources) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    for (const name of names.filter((one) => one.endsWith(extension)).sort())
      digest.update(`\n${folder}/${name}\n`).update(readFileSync(join(root, folder, name)))
  }
  return join(built, `workflows-${digest.digest('hex').slice(0, 32)}.js`)
}

const sdkVersion = (): string => {
  const { version }: { version: string } = createRequire(import.meta.url)('@temporalio/worker/package.json')
  return version
}
