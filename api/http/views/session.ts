import type { OfferReport, SessionReport, StoredOffer, StoredSession } from '../../../db/reads/sessions.ts'
import { fen, moneyJson } from '../../../domain/money.ts'

/** A session as operators see it. */
export const sessionView = ({
  opensAt,
  endsAt,
  payWithinMs,
  coolOffMs,
  createdAt,
  endedAt,
  offers,
  ...session
}: StoredSession) => ({
  ...session,
  opensAt: opensAt.toISOString(),
  endsAt: endsAt.toISOString(),
  payWithinS: payWithinMs / 1000,
  coolOffS: coolOffMs / 1000,
  createdAt: createdAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
  offers: offers.map(offerView),
})

const offerView = ({
  sku,
  name,
  price,
  quota,
  granted,
  sold,
  limit,
  warehouse,
  preheated,
  soldOut,
  paused,
  shedPercent,
}: StoredOffer) => ({
  ...{ sku, name, quota, granted, sold, limit, warehouse, preheated, soldOut, paused, shedPercent },
  price: moneyJson(fen(price)),
})

/** What a session has sold, as operators see it. */
export const reportView = ({ session, phase, offers }: SessionReport) => ({
  session,
  phase,
  offers: offers.map(offerReportView),
})

const offerReportView = ({ takings, soldOutAt, ...counts }: OfferReport) => ({
  ...counts,
  takings: moneyJson(fen(takings)),
  soldOutAt: soldOutAt === null ? null : new Date(soldOutAt).toISOString(),
})
