import { setTimeout as pause } from 'node:timers/promises'
import { tokenSigner } from '../../local/sign-in.ts'
import { createBrowser } from './http.ts'
import { type Crowd, createMember, type Joined, type Member } from './member.ts'
import type { CrowdPlan } from './plan.ts'
import type { Counter } from './tally.ts'

/**
 * Signs in, fetches tokens, rushes at the opening, pays or does not, and stays as long as there is something
 * to get.
 */
export async function rush(plan: CrowdPlan, tally: Counter, goHome: AbortSignal): Promise<void> {
  const browser = createBrowser(plan.url, plan.width)
  const sandbox = createBrowser(plan.sandboxUrl, 16)
  const crowd: Crowd = { browser, sandbox, plan, tally }
  const bearer = tokenSigner(plan.privateKey)
  const members: Member[] = []
  for (const [n, buyer] of plan.buyers.entries()) {
    members.push(createMember(crowd, { buyer, bearer: bearer(buyer.id), n }))
    tally.prepared()
    // Signing takes its time: the timer that reports the progress gets its turn.
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const outcomes: Promise<void>[] = []
  const kindOf = mischief(plan)
  try {
    tally.enter('fetching tokens')
    await pause(plan.opensAt - 55_000 - Date.now())
    await lanes(members, plan.width, (member) => member.fetchToken())
    await lanes(
      members.filter((_, n) => kindOf(n) === 'early'),
      plan.width,
      async (member) => {
        if (Date.now() < plan.opensAt - 1000)
          expectAnswer(tally, await member.join(), { among: ['not_open'], how: 'before opening' })
      },
    )
    tally.enter('ready')
    await pause(plan.opensAt - Date.now())
    tally.enter('rushing')
    let stayers = 0
    await lanes(members, plan.width, async (member, n) => {
      const neighbour = members[(n + 1) % members.length] ?? member
      const { ticket } = await firstJoin(member, { neighbour, kind: kindOf(n), tally })
      if (ticket !== undefined) outcomes.push(won(crowd, member, { ticket, n, goHome }))
      else if (stayers < plan.stayers) {
        stayers++
        outcomes.push(stay(plan, member, goHome))
      }
    })
    tally.enter('staying')
    if (outcomes.length > 0) await Promise.all(outcomes)
  } finally {
    tally.enter('over')
    browser.close()
    sandbox.close()
  }
}

type Kind = 'early' | 'twice' | 'forged' | 'borrowed' | 'plain'

/** Who does what: the first so many of each thousand, spread by a prime. */
function mischief({ mischief: { early, twice, forged, borrowed } }: CrowdPlan): (n: number) => Kind {
  return (n) => {
    const at = (n * 337) % 1000
    if (at < early) return 'early'
    if (at < early + twice) return 'twice'
    if (at < early + twice + forged) return 'forged'
    return at < early + twice + forged + borrowed ? 'borrowed' : 'plain'
  }
}

async function firstJoin(
  member: Member,
  { neighbour, kind, tally }: { neighbour: Member; kind: Kind; tally: Counter },
) {
  if (kind === 'forged')
    expectAnswer(tally, await member.join('AAAAAAAAAAAAAAAAAAAAAAAA'), {
      among: ['bad_token', 'sold_out'],
      how: 'with a forged token',
    })
  if (kind === 'borrowed')
    expectAnswer(tally, await member.join(neighbour.token()), {
      among: ['bad_token', 'sold_out'],
      how: 'with somebody else’s token',
    })
  if (kind !== 'twice') return await member.join()
  const [first, second] = await Promise.all([member.join(), member.join()])
  if (first.ticket !== undefined && second.ticket !== undefined && first.ticket !== second.ticket)
    tally.problem('a double click got two tickets')
  return first.ticket === undefined ? second : first
}

function expectAnswer(
  tally: Counter,
  { answer }: Joined,
  { among, how }: { among: readonly string[]; how: string },
): void {
  if (!among.includes(answer)) tally.problem(`a join ${how} was answered ${answer}`)
}

/**
 * A winner of the opening: pays, or lets the deadline pass. A ticket that was lost with Redis is joined for
 * again.
 */
async function won(
  { plan, tally }: Crowd,
  member: Member,
  { ticket, n, goHome }: { ticket: string; n: number; goHome: AbortSignal },
): Promise<void> {
  if (plan.neverPay === undefined) return
  const status = await member.follow(ticket)
  if (status === 4) return stay(plan, member, goHome)
  if (status !== 2) return tally.problem(`ticket ${ticket} has status ${status}`)
  if ((n * 101) % 1000 < plan.neverPay) return
  await member.pay(ticket)
}

/** Keeps trying until the own piece is paid or everybody is sent home. */
async function stay(plan: CrowdPlan, member: Member, goHome: AbortSignal): Promise<void> {
  while (!goHome.aborted) {
    const { answer, ticket } = await member.join()
    if (answer === 'ended') return
    if (answer === 'bad_token')
      await member.fetchToken() // Spent, or forgotten with Redis.
    else if (ticket !== undefined && plan.neverPay !== undefined) {
      const status = await member.follow(ticket)
      if (status === 2) return await member.pay(ticket)
    }
    await pause(2000, undefined, { signal: goHome }).catch(() => {})
  }
}

async function lanes<T>(
  all: readonly T[],
  width: number,
  job: (one: T, n: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let n = next++; n < all.length; n = next++) {
      const one = all[n]
      if (one !== undefined) await job(one, n)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, all.length) }, lane))
}
