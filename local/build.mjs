// `npm run build`: compiles the product into dist/ (or another folder within the repository), whose processes
// start without compiling anything. Plain Node, so that it runs with what `npm ci` brings.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [target = 'dist'] = process.argv.slice(2)
/** What processes read beside their code. */
const isRead = (path) => statSync(path).isDirectory() || /\.(lua|sql|json)$/.test(path)

rmSync(join(root, target), { recursive: true, force: true })
run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--outDir', target)
for (const folder of ['redis', join('db', 'migrations')])
  cpSync(join(root, folder), join(root, target, folder), { recursive: true, filter: isRead })
run(join(target, 'workers', 'build-cli.js'))

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
