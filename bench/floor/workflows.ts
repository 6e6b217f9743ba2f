import { condition, defineSignal, defineUpdate, proxySinks, setHandler, sleep } from '@temporalio/workflow'

/** The least that an order's workflow could be: what the figures are measured against. */
export const paid = defineSignal('paid')
export const place = defineUpdate<string>('place')

/** Notes in the worker's process that the timer runs. */
const { bench } = proxySinks<BenchSinks>()
export type BenchSinks = { bench: { asleep(): void } }

/** A timer racing a signal, and the end. */
export async function bareOrder(): Promise<string> {
  let done = false
  setHandler(paid, () => {
    done = true
  })
  bench.asleep()
  return (await condition(() => done, '30 min')) ? 'paid' : 'closed'
}

/** An update that answers at once. */
export async function barePlace(): Promise<void> {
  let placed = false
  setHandler(place, () => {
    placed = true
    return 'placed'
  })
  await condition(() => placed)
}

/** A timer. */
export async function bareTimer(ms: number): Promise<void> {
  await sleep(ms)
}
