// `npm run lock`, after a change of dependencies: gives each entry of package-lock.json its integrity hash.
// npm leaves it out for packages of other platforms, which it has not fetched; with it, `npm ci` verifies
// them there too.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const incomplete = Object.entries(lock.packages).filter(
  ([path, entry]) => path !== '' && !entry.integrity && !entry.link,
)

for (const [path, entry] of incomplete) {
  const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const integrity = execFileSync('npm', ['view', `${name}@${entry.version}`, 'dist.integrity'], {
    encoding: 'utf8',
  })
  // The order in which npm itself writes an entry.
  const { version, ...rest } = entry
  lock.packages[path] = { version, integrity: integrity.trim(), ...rest }
  console.log(`✔ ${name}@${entry.version}`)
}
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(incomplete.length === 0 ? '✔ every entry has its hash' : `✔ ${incomplete.length} hashes added`)
