import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Db } from '../../db/client.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { Stack } from '../../local/compose.ts'
import { leasedSnowflakes } from '../../services/operations/snowflake-lease.ts'
import { gather } from '../crowd/crowd.ts'
import type { Played } from '../programme.ts'
import { showSale } from './board.ts'
import { crowdOf, crowdSize, dropOf, pieces } from './cast.ts'
import { doHarm, startDoomed } from './faults.ts'
import { type Books, booksOf } from './looking.ts'
import { hireOperator, type Sale } from './operator.ts'

const payWithinS = 15
/** Of those who are let in at the opening, a third never pays. */
const neverPay = 333
/** Nobody waits longer for the last piece to be sold. */
const patienceMs = 120_000

/**
 * Plays the flash sale: 5,000 buyers for 100 pieces, while a consumer and a worker are killed and Redis
 * forgets everything. It ends when every piece is paid for, whatever it took. Answers what was played, with
 * what did not go as it should.
 */
export async function playFlashSale(db: Db, stack: Stack): Promise<Played[]> {
  const redis = new Redis(stack.servers.redisUrl, { maxRetriesPerRequest: 1 })
  redis.on('error', () => {}) // Each command rejects with it.
  const operator = hireOperator(stack.url, stack.keys.jwt.privateKey)
  const { buyers, sale } = await prepare(db, operator)
  const doomed = await startDoomed(stack)
  const happened: string[] = []
  let books: Books | undefined
  const crowd = gather({
    ...{
      url: stack.url,
      sandboxUrl: stack.sandboxUrl,
      privateKey: stack.keys.jwt.privateKey,
      buyers,
      opensAt: sale.opensAt,
      neverPay,
    },
    offer: { session: sale.session as SessionId, sku: sale.sku }, // What the API answered.
    width: 100,
    stayers: 300,
    mischief: { early: 20, twice: 100, forged: 20, borrowed: 20 },
  })
  const board = showSale({ crowd, books: () => books, happened, opensAt: sale.opensAt })
  const looking = lookAgain(async () => {
    books = await booksOf(db.sql, redis, sale)
  })
  try {
    await pause(Math.max(0, sale.opensAt - Date.now()))
    await doHarm(doomed, { redis, happened, pause })
    const soldOut = await eventually(() => books?.paid === pieces, patienceMs)
    const { problems, admitted } = await crowd.goHome()
    await operator.end(sale.session)
    const ended = await eventually(
      async () => (await operator.session(sale.session)).phase === 'ended',
      30_000,
    )
    books = await booksOf(db.sql, redis, sale)
    return verdict(books, problems, { soldOut, ended, admitted })
  } finally {
    await looking.stop()
    board.stop()
    redis.disconnect()
  }
}

async function prepare(
  db: Db,
  operator: ReturnType<typeof hireOperator>,
): Promise<{ buyers: Awaited<ReturnType<typeof crowdOf>>; sale: Sale }> {
  const ids = await leasedSnowflakes(db)
  try {
    const buyers = await crowdOf(db.sql)
    const { sku, warehouse } = await dropOf(db.sql, ids)
    const sale = await operator.plan(
      { sku, warehouse, quota: pieces },
      { opensAt: Date.now() + 25_000, payWithinS },
    )
    return { buyers, sale }
  } finally {
    await ids.release()
  }
}

function verdict(
  books: Books,
  problems: string[],
  { soldOut, ended, admitted }: { soldOut: boolean; ended: boolean; admitted: number },
): Played[] {
  const unless = (holds: boolean, what: string): string[] => (holds ? [] : [what])
  return [
    {
      title: `${crowdSize} buyers rush ${pieces} pieces; double clicks, forged and borrowed tokens, joins before the opening · 秒杀`,
      times: 1,
      problems,
    },
    {
      title: `sold = quota: ${books.paid} of ${pieces} paid, though a third of the first winners never paid (${books.givenBack} given back) · 售罄`,
      times: 1,
      problems: [
        ...unless(soldOut && books.paid === pieces, `${books.paid} pieces are sold`),
        ...unless(books.givenBack > 0, 'nothing was given back'),
      ],
    },
    {
      title: `no ticket without an end, though a consumer, a worker and Redis’s memory were lost (${admitted} admitted) · 无遗漏`,
      times: 1,
      problems: [
        ...unless(
          books.waiting + books.unpaid === 0,
          `${books.waiting} tickets wait, ${books.unpaid} are not paid`,
        ),
        ...unless(ended, 'the session did not end'),
      ],
    },
  ]
}

/** Looks a few times a second, until stopped; a look that fails is looked again. */
function lookAgain(look: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false
  const looking = (async () => {
    while (!stopped) {
      await look().catch(() => {})
      await pause(250)
    }
  })()
  return {
    async stop() {
      stopped = true
      await looking
    },
  }
}

async function eventually(is: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await pause(200)) {
    if (await is()) return true
  }
  return false
}
