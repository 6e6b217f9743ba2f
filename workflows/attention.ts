import { CancellationScope, upsertSearchAttributes } from '@temporalio/workflow'
import type { OrderId } from '../domain/ids.ts'
import { localFirst } from './local-first.ts'
import { attentionReason } from './messages.ts'

const raiseAttention = localFirst('raiseAttention', 'ask a human to look')
const clearAttention = localFirst('clearAttention', 'a human need not look any more')

/** Shows in Temporal's own lists why a human should look at this workflow, for as long as `work` takes. */
export async function shownAs<T>(reason: string, work: () => Promise<T>): Promise<T> {
  upsertSearchAttributes([{ key: attentionReason, value: reason }])
  try {
    return await work()
  } finally {
    upsertSearchAttributes([{ key: attentionReason, value: null }])
  }
}

/**
 * Asks a human to look at the order for as long as `work` takes. However that ends, also when the scope is
 * cancelled while the human is still being asked, nobody is left asked: the raising is never broken off, and
 * the clearing follows it.
 */
export function withAttention<T>(
  reason: 'close_unknown',
  order: OrderId,
  work: () => Promise<T>,
): Promise<T> {
  return shownAs(reason, async () => {
    try {
      await CancellationScope.nonCancellable(() => raiseAttention(reason, order, order))
      return await work()
    } finally {
      await CancellationScope.nonCancellable(() => clearAttention(reason, order))
    }
  })
}
