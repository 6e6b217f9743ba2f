import { setTimeout as pause } from 'node:timers/promises'
import { solveProofOfWork } from '../../challenges/solver.ts'
import type { Browser } from './http.ts'
import type { CrowdBuyer, CrowdPlan } from './plan.ts'
import type { Counter } from './tally.ts'

export type Joined = { answer: string; ticket?: string }

/** What all members of a crowd share: the shop, the stand-in that takes their money, and who counts. */
export type Crowd = { browser: Browser; sandbox: Browser; plan: CrowdPlan; tally: Counter }

/** One buyer of a crowd, the `n`th, behind an IP address of their own. */
export function createMember(
  { browser, sandbox, plan, tally }: Crowd,
  { buyer, bearer, n }: { buyer: CrowdBuyer; bearer: string; n: number },
) {
  const { session, sku } = plan.offer
  const offer = `/v1/seckill/sessions/${session}/offers/${sku}`
  const headers = {
    authorization: `Bearer ${bearer}`,
    'x-forwarded-for': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
  }
  let token = ''

  const member = {
    token: () => token,

    /** Asks for a token until there is one, working for it where that is wanted; the gate may be away. */
    async fetchToken(): Promise<void> {
      let captcha: object | undefined
      for (let tried = 0; tried < 20; tried++) {
        const json = captcha ? { captcha } : {}
        const { status, body } = await browser.ask('POST', `${offer}/token`, { headers, json })
        if (status === 200 || status === 201) {
          token = String(body.token)
          return
        }
        if (body.code === 'ended' || body.code === 'session_ended') return
        captcha = solutionOf(body)
        if (captcha === undefined) await pause(500)
      }
      tally.problem(`buyer ${buyer.id} got no token`)
    },

    /** Presses the button, with the own token or another one; waits while the gate is paused. */
    async join(with_ = token): Promise<Joined> {
      for (;;) {
        const { status, body, ms } = await browser.ask('POST', `${offer}/tickets`, {
          headers,
          json: { token: with_, quantity: 1, addressId: buyer.addressId },
        })
        const answer =
          status === 202 ? 'admitted' : status === 200 ? 'already_queued' : String(body.code ?? status)
        tally.joined(answer, ms, typeof body.ticket === 'string' ? body.ticket : undefined)
        if (answer !== 'paused')
          return { answer, ...(typeof body.ticket === 'string' ? { ticket: body.ticket } : {}) }
        await pause(500)
      }
    },

    /** Follows the ticket until its order waits for the payment, or it has ended: the status, 1–5. */
    async follow(ticket: string): Promise<number> {
      for (;;) {
        const { status, body } = await browser.ask('GET', `${offer}/tickets/mine?ticket=${ticket}`, {
          headers,
        })
        if (status === 200 && typeof body.status === 'number' && body.status !== 1) return body.status
        await pause(400)
      }
    },

    /** Pays at the stand-in for WeChat Pay. */
    async pay(order: string): Promise<void> {
      const opened = await browser.ask('POST', `/v1/orders/${order}/payments`, {
        headers,
        json: { channel: 'wechat-v3' },
      })
      if (opened.status !== 201)
        return tally.problem(`order ${order} could not be paid: ${opened.body.code ?? opened.status}`)
      await sandbox.ask('POST', `/sandbox/trades/${opened.body.number}/pay`)
      if ((await member.settled(order)) === 5) tally.paid()
      else tally.problem(`order ${order} was paid and is not settled`)
    },

    async settled(ticket: string): Promise<number> {
      for (;;) {
        const status = await member.follow(ticket)
        if (status !== 2) return status
        await pause(400)
      }
    },
  }
  return member
}
export type Member = ReturnType<typeof createMember>

/** The solution of the challenge that an answer brings, as a page would compute it; undefined without one. */
function solutionOf(body: Record<string, unknown>): object | undefined {
  if (body.code !== 'captcha_required' && body.code !== 'captcha_wrong') return undefined
  // What the API describes.
  const { captcha } = body.details as { captcha: Parameters<typeof solveProofOfWork>[0] }
  return { kind: 'proof-of-work', challenge: captcha.challenge, nonces: solveProofOfWork(captcha) }
}
