import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { removeState } from '../../local/state.mjs'

/** A state folder of the test's own, gone when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'floodgate-test-'))
  onTestFinished(() => void removeState(path))
  return path
}
