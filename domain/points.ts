import { type Fen, minus } from './money.ts'

/**
 * Points, and as much growth, that an order earns for its money (fen): one for each whole yuan of what was
 * due and of the wallet's part.
 */
export const pointsFor = (money: Fen): bigint => money / 100n

/**
 * What a refund takes back of them. An order keeps `pointsFor` what it keeps of its money, so in whatever
 * parts the money goes back, all points have gone with the last fen. `kept`: fen that the order had before;
 * `refunded`: fen that leave it now.
 */
export const pointsTakenBack = (kept: Fen, refunded: Fen): bigint =>
  pointsFor(kept) - pointsFor(minus(kept, refunded))
