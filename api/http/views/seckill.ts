import type { StoredOffer, StoredSession } from '../../../db/reads/sessions.ts'
import type { OfferKey } from '../../../domain/flash-sale.ts'
import { madeAt } from '../../../domain/ids.ts'
import { fen, moneyJson } from '../../../domain/money.ts'
import { saleState } from '../../flash-sales/session-book.ts'
import type { TicketStatus } from '../../flash-sales/ticket-status.ts'
import { tokensBeforeMs } from '../../flash-sales/tokens.ts'

/** A session without its offers, as buyers see it. */
export const saleHeadView = (session: StoredSession, now: number) => ({
  id: session.id,
  opensAt: session.opensAt.toISOString(),
  endsAt: session.endsAt.toISOString(),
  tokensFrom: new Date(session.opensAt.getTime() - tokensBeforeMs).toISOString(),
  state: saleState(session, now),
  captcha: session.captcha,
})

/** An offer as a buyer sees it. */
export const saleOfferView = ({
  sku,
  name,
  image,
  attributes,
  price,
  usualPrice,
  quota,
  limit,
  soldOut,
}: StoredOffer) => ({
  ...{ sku, name, image, attributes, quota, limit, soldOut },
  price: moneyJson(fen(price)),
  usualPrice: moneyJson(fen(usualPrice)),
})

/** The sessions that are on now, and those that come, the soonest first. */
export function salesView(sessions: readonly StoredSession[], now: number) {
  const views = sessions.map((session) => ({
    ...saleHeadView(session, now),
    offers: session.offers.map(saleOfferView),
  }))
  return {
    current: views.filter(({ state }) => state === 'open' || state === 'paused'),
    next: views.filter(({ state }) => state === 'coming'),
  }
}

/** A ticket with the well-known numbers. */
export function ticketView({ session, sku }: OfferKey, ticketStatus: TicketStatus) {
  const { ticket, quantity, status } = ticketStatus
  const order = status === 2 || status === 5 ? ticketStatus.order : undefined
  return {
    type: 2 as const,
    ...{ ticket, session, sku, quantity, status },
    joinedAt: new Date(madeAt(ticket)).toISOString(),
    position: status === 1 ? ticketStatus.position : null,
    waitS: status === 1 ? ticketStatus.waitS : null,
    orderId: order ? ticket : null,
    amount: order ? moneyJson(fen(order.dueFen)) : null,
    payBy: order?.payBy?.toISOString() ?? null,
    reason: status === 4 ? ticketStatus.reason : null,
    joinAgainAt: status === 3 || status === 4 ? (ticketStatus.joinAgainAt?.toISOString() ?? null) : null,
  }
}
