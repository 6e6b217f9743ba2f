// Applies patches/<package>@<version>.patch to node_modules. Plain Node without a dependency, as `npm ci`
// runs it (postinstall).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Brings every patched package to what its patch says; what is patched already stays as it is. Throws, and
 * changes nothing of a file, where the installed version is another one or a file is not what the patch was
 * made from.
 */
export function applyPatches(modules = join(root, 'node_modules'), patches = join(root, 'patches')) {
  for (const file of readdirSync(patches).filter((name) => name.endsWith('.patch')))
    applyPatch(join(patches, file), modules)
}

/** @param {string} patch the path of a unified diff, named after the package and version that it is for */
function applyPatch(patch, modules) {
  const [, name, version] = /([^/\\]+)@([^@]+)\.patch$/.exec(patch) ?? []
  if (!name || !version) throw new Error(`${patch}: a patch is named like postgres@3.4.9.patch`)
  const folder = join(modules, name)
  const installed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  if (installed !== version)
    throw new Error(
      `patches/${name}@${version}.patch: ${name} ${installed} is installed. Make the patch anew for it, ` +
        'or remove it when that version has the change.',
    )
  for (const { path, hunks } of filesOf(readFileSync(patch, 'utf8'))) {
    const at = join(folder, path)
    const before = readFileSync(at, 'utf8')
    const after = patched(before, hunks)
    if (after === undefined) throw new Error(`${patch}: ${at} is not what the patch was made from`)
    if (after !== before) writeFileSync(at, after)
  }
}

/** The files of a unified diff; of each hunk its line in the new file, and its old and its new lines. */
function filesOf(diff) {
  const files = []
  for (const line of diff.split('\n').slice(0, -1)) {
    const file = files.at(-1)
    if (line.startsWith('--- ')) continue
    if (line.startsWith('+++ ')) files.push({ path: line.slice('+++ b/'.length), hunks: [] })
    else if (line.startsWith('@@ ')) {
      const [, is] = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(line)
      file.hunks.push({ is: Number(is) - 1, old: [], new: [] })
    } else {
      const hunk = file?.hunks.at(-1)
      if (!line.startsWith('+')) hunk?.old.push(line.slice(1))
      if (!line.startsWith('-')) hunk?.new.push(line.slice(1))
    }
  }
  return files
}

/**
 * The text with every hunk applied: the text itself when they are applied already, undefined when neither
 * fits.
 */
function patched(text, hunks) {
  const lines = text.split('\n')
  const fits = (at, block) => block.every((line, i) => lines[at + i] === line)
  if (hunks.every(({ is, new: block }) => fits(is, block))) return text
  for (const { is, old, new: block } of hunks) {
    if (!fits(is, old)) return undefined // The hunks before it have moved it there.
    lines.splice(is, old.length, ...block)
  }
  return lines.join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) applyPatches()
