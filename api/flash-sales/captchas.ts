import { randomBytes } from 'node:crypto'
import svgCaptcha from 'svg-captcha'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Gate } from '../../runtime/container.ts'

/** A picture to read. */
type Captcha = { id: string; svg: string }

export type Captchas = {
  /** A new picture for this buyer; it can be answered for two minutes. */
  make(offer: OfferKey, buyer: UserId): Promise<Captcha>
  /**
   * Whether the answer is what the buyer's picture says, in small letters or capitals. Right or wrong, the
   * picture is used up.
   */
  solve(offer: OfferKey, buyer: UserId, captcha: { id: string; answer: string }): Promise<boolean>
}

const lastsMs = 120_000

/**
 * Captchas whose answers lie in Redis beside the offer, so that every API process knows them. Rejects when
 * Redis is away.
 */
export const createCaptchas = (gate: Pick<Gate, 'keepAnswer' | 'takeAnswer'>, make = draw): Captchas => ({
  async make(offer, buyer) {
    const { text, svg } = make()
    const id = randomBytes(12).toString('base64url')
    await gate.keepAnswer(offer, id, expected(buyer, text), lastsMs)
    return { id, svg }
  },
  async solve(offer, buyer, { id, answer }) {
    return (await gate.takeAnswer(offer, id)) === expected(buyer, answer)
  },
})

const expected = (buyer: UserId, text: string): string => `${buyer} ${text.toLowerCase()}`

/** Without letters that look like others. It takes a millisecond of this process. */
function draw(): { text: string; svg: string } {
  const { text, data } = svgCaptcha.create({ size: 4, noise: 2, ignoreChars: '0oO1iIlL', color: true })
  return { text, svg: data }
}
