import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Started, startProcess } from '../support/processes.ts'

function start(part: string): Started {
  const started = startProcess('test/runtime/stoppable.ts', { PART: part })
  onTestFinished(async () => {
    started.kill('SIGKILL')
    await started.ended
  })
  return started
}
const says = (started: Started, words: RegExp) =>
  vi.waitFor(() => expect(started.said()).toMatch(words), { timeout: 20_000 })

describe('a process', { timeout: 30_000 }, () => {
  it('logs a rejection that nobody waits for as a fault, and goes on', async () => {
    const started = start('rejects')
    await says(started, /"level":50.*nobody waits for this.*a promise was rejected and nobody waited for it/)
    const worked = started.said().split('at work').length
    await vi.waitFor(() => expect(started.said().split('at work').length).toBeGreaterThan(worked + 2), 10_000)
    started.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 0, signal: null })
  })

  it('ends by an exception that nobody catches: what it holds may be half done', async () => {
    const started = start('throws')
    expect(await started.ended).toEqual({ code: expect.not.stringMatching('^0$'), signal: null })
    expect(started.said()).toContain('nobody catches this')
    expect(started.said()).not.toContain('at work')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('stops its parts at %s and ends with 0', async (signal) => {
    const started = start('works')
    await says(started, /at work/)
    started.kill(signal)
    expect(await started.ended).toEqual({ code: 0, signal: null })
    expect(started.said()).toMatch(/stopping\nstopped\n$/)
  })

  it('whose parts do not stop in their time ends all the same, with 1, and says so', async () => {
    const started = start('hangs')
    await says(started, /at work/)
    started.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 1, signal: null })
    expect(started.said()).toMatch(/"stopWithinMs":300.*stopping takes too long/)
  })

  it('that gets a second signal ends at once', async () => {
    const started = start('hangs')
    await says(started, /at work/)
    started.kill('SIGTERM')
    await says(started, /stopping\n/)
    started.kill('SIGTERM')
    expect(await started.ended).toEqual({ code: 130, signal: null })
  })
})
