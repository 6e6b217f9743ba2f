import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { audit } from '../db/audit/audit.ts'
import { failures } from '../db/audit/report.ts'
import { random } from '../db/seed/random.ts'
import { isStopping, launch } from '../local/children/living.ts'
import { removeState } from '../local/state.mjs'
import { say } from './figures.ts'
import { startBoard } from './soak/board.ts'
import { createCalls, GaveUp } from './soak/calls.ts'
import { startFaults } from './soak/faults.ts'
import { anyAct } from './soak/orders.ts'
import { createPromises } from './soak/promises.ts'
import { report } from './soak/report.ts'
import { playSale } from './soak/sales.ts'
import type { Scene } from './soak/scene.ts'
import { openSoakSystem, type SoakSystem } from './soak/system.ts'
import { becomesQuiet, compareBooks } from './soak/verdict.ts'

/** So many stories at once: a machine that is busy with other work is asked for no more than it can do. */
const mostStories = 100
/** Once the faults have ended, everything has to be quiet within so long. */
const quietWithinMs = 300_000
const [saleEveryMs, auditEveryMs, readyWithinMs] = [150_000, 300_000, 120_000]

/**
 * `npm run soak -- --minutes 60 --seed 7`: mixed load on two of each process, while faults by seed harm them
 * and their servers; then all must become quiet and add up. Exits 1 on any difference.
 */
const options = new Command('soak')
  .description(
    'Orders, payments, refunds and flash sales on two of each process, under faults; then the audit.',
  )
  .option('--minutes <n>', 'how long there are load and faults', '10')
  .option('--seed <n>', 'which faults, and which buyers', String(Date.now() % 1_000_000))
  .option('--rate <n>', 'orders a second, about', '4')
  .option('--json', 'the report as one line of JSON on standard output')
  .parse()
  .opts<{ minutes: string; seed: string; rate: string; json?: boolean }>()
const [minutes, seed, rate] = [Number(options.minutes), Number(options.seed), Number(options.rate)]

await launch(async () => {
  const system = await openSoakSystem()
  await allReady(system)
  say(`seed ${seed}: ${minutes} minute(s) of about ${rate} orders/s, with faults\n`)
  const { db, sandbox, fleet, servers, sandboxPid, client } = system
  const [row] = await db.sql<{ since: Date }[]>`SELECT now() AS since`
  const [since, began] = [row?.since ?? new Date(), Date.now()]
  const calls = createCalls(system.url, system.keys.jwt.privateKey)
  const promises = createPromises()
  const [refusals, problems]: [Record<string, number>, string[]] = [{}, []]
  const dice = random(seed)
  const scene = (): Scene => ({
    dice: random(dice.between(1, 2 ** 31)),
    ...{ shop: system.shop, calls, sandbox, promises },
    refused: (code) => {
      refusals[code] = (refusals[code] ?? 0) + 1
    },
  })
  const playing = new Set<Promise<void>>()
  let turnedAway = 0
  const play = (story: Promise<void>): void => {
    const one = story
      .catch((error: unknown) => {
        if (!isStopping() && !(error instanceof GaveUp))
          problems.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
      })
      .finally(() => playing.delete(one))
    playing.add(one)
  }

  const faults = startFaults({ dice: random(seed + 1), servers, fleet, sandbox, sandboxPid })
  const ready = async () =>
    (await Promise.all(fleet.processes.map((one) => one.ready()))).filter(Boolean).length
  const board = startBoard({
    sql: db.sql,
    since: began,
    stories: () => playing.size,
    faults: faults.counts,
    ready,
  })
  const audits = startAudits(system, problems)

  const end = began + minutes * 60_000
  const load = async (): Promise<void> => {
    while (Date.now() < end) {
      const one = scene()
      if (playing.size < mostStories) play(anyAct(one.dice)(one))
      else turnedAway += 1
      await pause(Math.min(5000, (-Math.log(1 - dice.between(0, 999) / 1000) * 1000) / rate))
    }
  }
  const sales = async (): Promise<void> => {
    for (; Date.now() < end - 60_000; await pause(Math.min(saleEveryMs, Math.max(0, end - Date.now()))))
      play(playSale(scene(), system))
  }
  await Promise.all([load(), sales()])
  await Promise.all([faults.stop(), audits.stop()])
  const quietFrom = Date.now()
  say('\nno more faults, no more buyers: waiting until all is quiet')
  await Promise.all(playing)
  const left = await becomesQuiet(db.sql, client, quietWithinMs)
  const quietS = (Date.now() - quietFrom) / 1000
  board.stop()

  const books = await compareBooks({
    ...{ sql: db.sql, client, promises, since },
    ledger: await sandbox.ledger(),
    faults: faults.counts,
  })
  const holds = await report({
    ...{ seed, minutes, quietS, left, books, refusals, problems, system, calls, promises },
    ...{ faults, turnedAway, audits: audits.held(), json: options.json ?? false },
  })
  // What the servers and processes have written is of use only where something did not hold.
  if (holds) process.once('exit', () => removeState(system.stateDir))
  return holds ? 0 : 1
})

async function allReady({ fleet }: SoakSystem): Promise<void> {
  for (const until = Date.now() + readyWithinMs; Date.now() < until; await pause(500)) {
    const ready = await Promise.all(fleet.processes.map((one) => one.ready()))
    if (ready.every(Boolean)) return
  }
  throw new Error(`not every process was ready within ${readyWithinMs / 1000} s`)
}

/** The audit every few minutes under load: it has to hold at every moment, not only at the end. */
function startAudits({ db }: SoakSystem, problems: string[]): { held(): number; stop(): Promise<void> } {
  const ending = new AbortController()
  let held = 0
  const run = async (): Promise<void> => {
    for (;;) {
      await pause(auditEveryMs, undefined, { signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      const made = await audit(db.sql).catch(() => undefined) // PostgreSQL is away.
      if (made?.holds) held += 1
      else if (made) problems.push(`an audit under load:\n${failures(made.findings)}`)
    }
  }
  const running = run()
  return {
    held: () => held,
    stop() {
      ending.abort()
      return running
    },
  }
}
