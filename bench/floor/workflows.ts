import { condition, defineSignal, defineUpdate, setHandler, sleep } from '@temporalio/workflow'

/** The least that an order's workflow could be: what the figures are measured against. */
export const paid = defineSignal('paid')
export const place = defineUpdate<string>('place')

/** A timer racing a signal, and the end. */
export async function bareOrder(): Promise<string> {
  let done = false
  setHandler(paid, () => {
    done = true
  })
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
