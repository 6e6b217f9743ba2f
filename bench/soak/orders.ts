import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../db/seed/random.ts'
import type { Switches } from '../../sandbox/client.ts'
import {
  type Act,
  at,
  codeChannels,
  follow,
  open,
  type Placed,
  place,
  type Scene,
  said,
  scan,
} from './scene.ts'

/** What may be wrong with one trade at its provider; most have nothing. */
function trouble(dice: Random): Switches {
  const kinds: Switches[] = [
    { noNotification: true },
    { notifyTwice: true },
    { notifyDelayMs: dice.between(1000, 20_000) },
    { forgedNotification: 'first' },
    { forgedNotification: 'alone' },
    { fail: { query: { times: 2 } } },
    { fail: { close: { times: 2 } } },
    { loseAnswer: { close: 1, refund: 1 } },
    { forgedAnswer: { query: 1 } },
    { fail: { refund: { times: 2 }, queryRefund: { times: 1 } } },
  ]
  return dice.between(1, 3) === 1 ? dice.one(kinds) : {}
}

/** Opens a trade by any channel with a code, in any trouble; undefined when there is nothing to pay. */
async function openTrade(scene: Scene, placed: Placed, more: Switches = {}): Promise<string | undefined> {
  const opened = await open(placed, scene.dice.one(codeChannels))
  if (typeof opened === 'string') return undefined
  await scene.sandbox.switches({ ...trouble(scene.dice), ...more }, opened.number)
  return opened.number
}

/** Places and pays by a code; the placed order once it is paid. */
async function bought(scene: Scene, more: Switches = {}): Promise<Placed | undefined> {
  const placed = await place(scene)
  if (!placed) return undefined
  if (placed.payBy > 0) {
    const number = await openTrade(scene, placed, more)
    if (number !== undefined) {
      await pause(scene.dice.between(200, 8000))
      await scan(scene, number)
    }
  }
  return (await follow(scene, placed)) === 'paid' ? placed : undefined
}

const pays: Act = async (scene) => void (await bought(scene))

const paysFromWallet: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  await open(placed, 'balance')
  await follow(scene, placed)
}

const paysForTheLastPiece: Act = async (scene) => {
  const placed = await place(scene, { scarce: true })
  if (!placed) return
  const number = await openTrade(scene, placed)
  // Pieces that are scarce come back, or nobody could fight for them any more.
  if (number !== undefined && scene.dice.between(1, 6) === 1) await scan(scene, number)
  if ((await follow(scene, placed)) === 'paid') await cancel(scene, placed)
}

const onDelivery: Act = async (scene) => {
  const placed = await place(scene, { payment: 'on_delivery' })
  if (placed && scene.dice.between(1, 3) > 1) await cancel(scene, placed)
}

const neverPays: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  if (scene.dice.between(0, 1) === 1) await openTrade(scene, placed)
  await at(placed.payBy)
  await follow(scene, placed)
}

/** Cancels, now and then while the money is on its way. */
const cancels: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  const number = scene.dice.between(0, 1) === 1 ? await openTrade(scene, placed) : undefined
  await pause(scene.dice.between(0, 6000))
  const races = number !== undefined && scene.dice.between(0, 1) === 1
  await Promise.all([cancel(scene, placed), races && scan(scene, number)])
  await follow(scene, placed)
}

const paysInTheLastSecond: Act = async (scene) => {
  const placed = await place(scene)
  const number = placed && (await openTrade(scene, placed))
  if (!placed || number === undefined) return
  await at(placed.payBy - scene.dice.between(0, 1500))
  await scan(scene, number)
  await follow(scene, placed)
}

const paysTooLate: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  const opened = await open(placed, scene.dice.one(codeChannels))
  if (typeof opened === 'string') return
  await scene.sandbox.switches({ takeMoneyWhenClosed: true }, opened.number)
  await at(placed.payBy)
  await follow(scene, placed)
  await scan(scene, opened.number)
}

const paysAnotherAmount: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  const opened = await open(placed, scene.dice.one(codeChannels))
  if (typeof opened === 'string') return
  await scene.sandbox.switches({ captureFen: '1' }, opened.number)
  await scan(scene, opened.number)
  await at(placed.payBy)
  await follow(scene, placed)
}

const changesChannel: Act = async (scene) => {
  const placed = await place(scene)
  if (!placed) return
  await openTrade(scene, placed)
  await pause(scene.dice.between(0, 3000))
  const number = await openTrade(scene, placed)
  if (number !== undefined) await scan(scene, number)
  await follow(scene, placed)
}

const cancelsWhatIsPaid: Act = async (scene) => {
  const placed = await bought(scene)
  if (placed) await cancel(scene, placed)
}

/** The piece was the whole order, or the fee was part of what went back before. */
const isOver = new Set(['nothing_to_refund', 'refund_exceeds', 'not_refundable'])

/** An operator refunds pieces, then the rest: WeChat wants a minute between two refunds of one trade. */
const refundedInPieces: Act = async (scene) => {
  const placed = await bought(scene)
  if (!placed) return
  const { dice, promises } = scene
  const finance = scene.calls.as('1', 'finance')
  promises.wantsBack(placed.order)
  const refund = async (choice: object): Promise<void> => {
    const path = `/v1/ops/orders/${placed.order}/refunds`
    const made = await finance(`POST ${path}`, { ...choice, reason: 'soak' }, randomUUID())
    if (made.status === 201) promises.refunded(String(made.body.number))
    else if (!isOver.has(String(made.body.code)))
      throw new Error(`a refund of order ${placed.order} was answered ${said(made)}`)
  }
  await refund({ lines: [{ line: dice.between(1, placed.lines), quantity: 1 }] })
  const second = dice.one([{}, { shipping: true }, undefined])
  if (second) await refund(second)
}

/** Cancels as the buyer does, and takes "too late" for an answer. */
async function cancel({ promises }: Scene, { call, order }: Placed): Promise<void> {
  promises.wantsBack(order)
  const answer = await call(`POST /v1/orders/${order}/cancel`)
  const late = ['already_paid', 'not_payable', 'nothing_to_refund']
  if (answer.status === 200) promises.closed(order)
  else if (answer.status !== 202 && !late.includes(String(answer.body.code)))
    throw new Error(`cancelling order ${order} was answered ${said(answer)}`)
}

/** What buyers do, and how often of a hundred. */
const acts: readonly [number, Act][] = [
  [40, pays],
  [6, paysFromWallet],
  [5, paysForTheLastPiece],
  [4, onDelivery],
  [8, neverPays],
  [9, cancels],
  [5, paysInTheLastSecond],
  [4, paysTooLate],
  [2, paysAnotherAmount],
  [4, changesChannel],
  [6, cancelsWhatIsPaid],
  [7, refundedInPieces],
]

/** One of them, as likely as the table says. */
export function anyAct(dice: Random): Act {
  let left = dice.between(
    1,
    acts.reduce((sum, [weight]) => sum + weight, 0),
  )
  for (const [weight, act] of acts) {
    left -= weight
    if (left <= 0) return act
  }
  return pays
}
