import { describe, expect, it } from 'vitest'
import { atMost } from '../../../services/flash-sales/at-most.ts'
import { gate } from '../../support/gates.ts'

/** Lets everything run that can. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('work that runs so many at once at the most', () => {
  function started(count: number, works: number) {
    const [run, began] = [atMost(count), [] as number[]]
    const gates = Array.from({ length: works }, () => gate())
    const results = gates.map(({ opened }, i) =>
      run(async () => {
        began.push(i)
        await opened
        return i
      }),
    )
    return { began, gates, results }
  }

  it('begins two of four, and the next in their order, each when one has ended', async () => {
    const { began, gates, results } = started(2, 4)
    await settled()
    expect(began).toEqual([0, 1])
    gates[1]?.open()
    await settled()
    expect(began).toEqual([0, 1, 2])
    gates[0]?.open()
    await settled()
    expect(began).toEqual([0, 1, 2, 3])
    for (const { open } of gates) open()
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3])
  })

  it('gives its place on when it fails, and fails for its caller alone', async () => {
    const run = atMost(1)
    const failing = run(() => Promise.reject(new Error('away')))
    const next = run(async () => 'done')
    await expect(failing).rejects.toThrow('away')
    expect(await next).toBe('done')
    expect(await run(async () => 'again')).toBe('again')
  })

  it('has all its places again when nobody waits any more', async () => {
    const run = atMost(2)
    await Promise.all([1, 2, 3].map((one) => run(async () => one)))
    const gates = [gate(), gate()]
    let running = 0
    const both = gates.map(({ opened }) =>
      run(() => {
        running++
        return opened
      }),
    )
    await settled()
    expect(running).toBe(2)
    for (const { open } of gates) open()
    await Promise.all(both)
  })
})
