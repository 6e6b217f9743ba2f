import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface PostgresHome {
  /** Holds the data, and belongs to the user below. */
  readonly home: string
  /** The folder with `bin`, `lib` and `share`. */
  readonly native: string
  /** The user to run as; absent when it is our own. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

const nobody = { uid: 65534, gid: 65534 }

/**
 * Where PostgreSQL can live. It refuses to run as root, so root runs it as nobody; and where nobody may not
 * go (a clone under /root), data and a copy of the binaries move to a temporary folder that the state folder
 * links to.
 */
export function postgresHome(
  stateDir: string,
  native: string,
  { root = process.getuid?.() === 0, user = nobody } = {},
): PostgresHome {
  const place = join(stateDir, 'pg')
  mkdirSync(stateDir, { recursive: true })
  if (!root) {
    mkdirSync(place, { recursive: true, mode: 0o700 })
    return { home: place, native }
  }
  if (openToAll(stateDir) && openToAll(join(native, 'bin', 'postgres'))) {
    mkdirSync(place, { recursive: true, mode: 0o700 })
    chownSync(place, user.uid, user.gid)
    return { home: place, native, user }
  }
  const elsewhere = movedTo(place)
  const copy = join(elsewhere, 'native')
  if (!existsSync(copy)) {
    rmSync(`${copy}.new`, { recursive: true, force: true })
    cpSync(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true })
    renameSync(`${copy}.new`, copy)
  }
  chownSync(elsewhere, user.uid, user.gid)
  return { home: elsewhere, native: copy, user }
}

/**
 * The folder that `place` links to; a new one when there is none, or a clean-up of temporary files has taken
 * it.
 */
function movedTo(place: string): string {
  if (existsSync(place)) return realpathSync(place)
  rmSync(place, { recursive: true, force: true })
  const folder = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'floodgate-'))
  symlinkSync(folder, place)
  return folder
}

/** Whether any user may reach and read it. */
function openToAll(path: string): boolean {
  const real = realpathSync(path)
  if ((statSync(real).mode & 0o005) !== 0o005) return false
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
