import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Solution, Subject } from '../../challenges/challenge.ts'
import { proofOfWork } from '../../challenges/proof-of-work.ts'
import { solveProofOfWork } from '../../challenges/solver.ts'
import type { SessionId, SkuId, UserId } from '../../domain/ids.ts'

const subject: Subject = {
  buyer: '7' as UserId,
  offer: { session: '2026121210' as SessionId, sku: '1001' as SkuId },
  address: '192.0.2.1',
}
const secret = Buffer.alloc(32, 7)

/** A check with a memory of its own for what was solved, and a clock that the test moves. */
function check({ difficulty = 8, key = secret } = {}) {
  const spent = new Set<string>()
  const clock = { now: 1_796_600_000_000 }
  const challenge = proofOfWork({
    secret: key,
    difficulty,
    now: () => clock.now,
    async spend(_, id) {
      if (spent.has(id)) return false
      spent.add(id)
      return true
    },
  })
  const issued = () => {
    const task = challenge.issue(subject)
    if (task.kind !== 'proof-of-work') throw new Error('another kind of challenge')
    return task
  }
  const solved = (): Solution & { kind: 'proof-of-work' } => {
    const task = issued()
    return { kind: task.kind, challenge: task.challenge, nonces: solveProofOfWork(task) }
  }
  return { challenge, clock, issued, solved, spent }
}

it('passes a solution once', async () => {
  const { challenge, solved } = check()
  const solution = solved()
  expect(await challenge.verify(subject, solution)).toBe('passed')
  expect(await challenge.verify(subject, solution)).toBe('failed')
})

it('passes it for the buyer and the offer that it was issued for, and nobody else', async () => {
  const { challenge, solved } = check()
  const solution = solved()
  const { offer } = subject
  for (const other of [
    { ...subject, buyer: '8' as UserId },
    { ...subject, offer: { ...offer, sku: '1002' as SkuId } },
    { ...subject, offer: { ...offer, session: '2026121211' as SessionId } },
  ])
    expect(await challenge.verify(other, solution)).toBe('failed')
  expect(await challenge.verify({ ...subject, address: '198.51.100.1' }, solution)).toBe('passed')
})

it('passes it for two minutes, and in a process that did not issue it', async () => {
  const [one, other] = [check(), check()]
  const [early, late] = [one.solved(), one.solved()]
  other.clock.now += 119_999
  expect(await other.challenge.verify(subject, early)).toBe('passed')
  other.clock.now += 1
  expect(await other.challenge.verify(subject, late)).toBe('failed')
})

it('passes nothing that is not signed: a later end, less work, another secret, another form', async () => {
  const { challenge, solved } = check()
  const stranger = check({ key: Buffer.alloc(32, 8) })
  const { challenge: text, nonces } = solved()
  const [until = '', bits = '', random = '', signature = ''] = text.split('.')
  for (const forged of [
    [Number(until) + 60_000, bits, random, signature].join('.'),
    [until, 0, random, signature].join('.'),
    [until, bits, 'AAAAAAAAAAAA', signature].join('.'),
    [until, bits, random, 'A'.repeat(22)].join('.'),
    `${text}.x`,
    '',
  ])
    expect(await challenge.verify(subject, { kind: 'proof-of-work', challenge: forged, nonces })).toBe(
      'failed',
    )
  expect(await challenge.verify(subject, stranger.solved())).toBe('failed')
})

it('passes nothing that was not worked for: too few nonces, too many, one that is wrong', async () => {
  const { challenge, solved, spent } = check()
  const solution = solved()
  let wrong = 0
  while (hashOf(solution.challenge, 15, wrong) < 2 ** 28) wrong++
  for (const nonces of [
    [],
    solution.nonces.slice(1),
    [...solution.nonces, 0],
    [...solution.nonces.slice(0, 15), wrong],
  ])
    expect(await challenge.verify(subject, { ...solution, nonces })).toBe('failed')
  expect(spent.size, 'what has failed uses up nothing').toBe(0)
  expect(await challenge.verify(subject, solution)).toBe('passed')
})

it('asks for as much work as it is set to: each bit doubles it', async () => {
  const work = (difficulty: number) => {
    const { solved } = check({ difficulty })
    const all = Array.from({ length: 20 }, () => solved().nonces.reduce((sum, nonce) => sum + nonce + 1, 0))
    return all.reduce((sum, one) => sum + one) / all.length
  }
  for (const difficulty of [8, 11]) {
    expect(work(difficulty)).toBeGreaterThan(2 ** difficulty * 0.75)
    expect(work(difficulty)).toBeLessThan(2 ** difficulty * 1.33)
  }
})

it('is solved by hashes that Node’s own crypto agrees with, whatever is hashed', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w-]{22}$/), fc.integer({ min: 1, max: 9 }), (signature, bits) => {
      const challenge = `1.${bits}.AAAAAAAAAAAA.${signature}`
      const nonces = solveProofOfWork({ challenge, rounds: 3, bits })
      for (const [round, nonce] of nonces.entries()) {
        expect(hashOf(challenge, round, nonce)).toBeLessThan(2 ** (32 - bits))
        for (let tried = Math.max(0, nonce - 20); tried < nonce; tried++)
          expect(hashOf(challenge, round, tried), 'it skips none').toBeGreaterThanOrEqual(2 ** (32 - bits))
      }
    }),
    { numRuns: 40 },
  )
})

function hashOf(challenge: string, round: number, nonce: number): number {
  const signature = challenge.slice(challenge.lastIndexOf('.') + 1)
  return createHash('sha256').update(`${signature}.${round}.${nonce}`).digest().readUInt32BE()
}
