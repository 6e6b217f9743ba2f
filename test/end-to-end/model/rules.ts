import { endSale, orderOf } from './effects.ts'
import type { Company, Op, Outcome } from './ops.ts'
import { cancelOutcomes, closeAtLast, openOutcomes, payOutcomes, resolve, walletOutcomes } from './paying.ts'
import { admit, joinAnswer, place, whyNotPlaced } from './placing.ts'
import { refund, whyNotRefunded } from './refunding.ts'
import { textOf, type World } from './world.ts'

/** Every answer that the shop may give to this, and the world after it. */
export function outcomes(before: World, op: Op, company: Company): Outcome[] {
  const same = (answer: string): Outcome => ({ answer, world: before })
  const changed = (answer: string, change: (world: World) => void): Outcome => {
    const world = structuredClone(before)
    change(world)
    return { answer, world }
  }
  const making = { company, same, changed }
  switch (op.is) {
    case 'place': {
      const reasons = whyNotPlaced(before, op)
      // A refusal names a true reason; which of several is the shop's own affair.
      return reasons.length > 0 ? reasons.map(same) : [changed('placed', (world) => place(world, op))]
    }
    case 'join': {
      const answer = joinAnswer(before, op)
      return [answer === 'admitted' ? changed(answer, (world) => admit(world, op)) : same(answer)]
    }
    case 'open':
      return openOutcomes(before, op, making)
    case 'pay':
      return payOutcomes(before, op.trade, making)
    case 'pay from wallet':
      return walletOutcomes(before, op.order, making)
    case 'cancel':
      return cancelOutcomes(before, op.order, making)
    case 'refund': {
      const order = orderOf(before, op.order)
      const refusal = whyNotRefunded(order, op.choice)
      if (refusal) return [same(refusal)]
      return [
        changed('refunded', (world) =>
          refund(world, op.order, { choice: op.choice, restock: op.restock ?? true }),
        ),
      ]
    }
    case 'end sale':
      return before.offer.ended ? [same('session_ended')] : [changed('ended', endSale)]
  }
}

/**
 * Every world that this one may become by itself: deadlines pass, and money that nobody has notified is
 * found. This one too.
 */
export function drifts(world: World): World[] {
  const found = new Map([[textOf(world), world]])
  for (const one of found.values()) {
    for (const next of stepsOf(one)) {
      const text = textOf(next)
      if (!found.has(text)) found.set(text, next)
    }
  }
  return [...found.values()]
}

function stepsOf(world: World): World[] {
  const after = (change: (next: World) => void): World => {
    const next = structuredClone(world)
    change(next)
    return next
  }
  const passing = Object.entries(world.orders).filter(
    ([, { near, status }]) => near && status === 'awaiting_payment',
  )
  const unresolved = Object.entries(world.trades).filter(([, trade]) => trade.unresolved)
  return [
    ...passing.map(([key]) => after((next) => void closeAtLast(next, key))),
    ...unresolved.map(([key]) => after((next) => resolve(next, key))),
  ]
}
