import { setTimeout as pause } from 'node:timers/promises'
import type fc from 'fast-check'
import { expect } from 'vitest'
import { audit } from '../../../db/audit/audit.ts'
import { look } from './look.ts'
import type { Op } from './ops.ts'
import { perform } from './perform.ts'
import { drifts, outcomes } from './rules.ts'
import { openStoryShop, type StoryShop } from './shop.ts'
import { inWords, opsOf, type Step } from './steps.ts'
import type { ModelSystem } from './system.ts'
import { firstWorld, textOf, visible, type World } from './world.ts'

/**
 * What the model holds to be possible. Usually one world; several while a deadline may have passed, a
 * notification may have come, or things that happened at the same moment may have come in either order.
 */
export type Story = { worlds: World[]; steps: number; trace: string[] }
export type Real = { system: ModelSystem; shop: StoryShop }

/** A story about goods and buyers of its own, at its beginning. */
export const beginStory = async (system: ModelSystem): Promise<{ model: Story; real: Real }> => ({
  model: { worlds: [firstWorld()], steps: 0, trace: [] },
  real: { system, shop: await openStoryShop(system) },
})

/** Every operation with its answer, over all stories: how often. */
export const answersSeen: Record<string, number> = {}

/** How long the shop may take until it is at rest after a step, a killed worker included. */
const restMs = 45_000

/** One step, done to the shop and to the model. */
export class StepCommand implements fc.AsyncCommand<Story, Real> {
  private readonly step: Step
  private said = ''
  constructor(step: Step) {
    this.step = step
  }

  check = (): boolean => true

  async run(story: Story, { system, shop }: Real): Promise<void> {
    const [world] = story.worlds
    const ops = world ? opsOf(world, this.step.plans, story.steps++) : []
    const doing = Promise.all(ops.map((op) => perform(system, shop, op)))
    if (this.step.harm === 'kill a worker') system.killWorker()
    if (this.step.harm === 'flush Redis') await system.flushRedis()
    const answers = await doing
    for (const [i, { is }] of ops.entries()) {
      const what = `${is}: ${answers[i]}`
      answersSeen[what] = (answersSeen[what] ?? 0) + 1
    }
    const done = ops.map((op, i) => `${inWords(op)} → ${answers[i]}`)
    this.said = [...done, ...(this.step.harm ? [this.step.harm] : [])].join('\n    ')
    story.trace.push(this.said)
    await follow(story, { system, shop }, { ops, answers })
  }

  toString = (): string => this.said || 'nothing to do'
}

type Done = { ops: readonly Op[]; answers: readonly string[] }

/** Keeps the worlds that explain these answers, and then those that look like the shop at rest. */
async function follow(story: Story, real: Real, { ops, answers }: Done): Promise<void> {
  const explained = after(story.worlds, ops, answers)
  if (explained.length === 0) {
    const alone = ops.map((op) => after(story.worlds, [op], undefined).length)
    throw new Error(
      `nothing explains these answers (${alone.join()} worlds each alone):\n  ${story.trace.at(-1)}\n` +
        `  in ${textOf(story.worlds[0] && visible(story.worlds[0]))}`,
    )
  }
  story.worlds = await seen(story, real, distinct(explained.flatMap(drifts)))
}

/** The worlds after these operations, in whichever order; those alone in which they were answered so. */
function after(
  worlds: readonly World[],
  ops: readonly Op[],
  answers: readonly string[] | undefined,
): World[] {
  const company = ops.length > 1 ? 'together' : 'alone'
  const all = permutations(ops.map((_, i) => i)).flatMap((order) => {
    let now: readonly World[] = worlds
    for (const i of order) {
      const op = ops[i]
      if (op === undefined) continue
      now = distinct(now.flatMap(drifts)).flatMap((world) =>
        outcomes(world, op, company).flatMap((outcome) =>
          answers === undefined || outcome.answer === answers[i] ? [outcome.world] : [],
        ),
      )
    }
    return [...now]
  })
  return distinct(all)
}

/** Those of the worlds that look like the shop, once one does. */
async function seen(story: Story, { system, shop }: Real, worlds: readonly World[]): Promise<World[]> {
  let real: unknown
  for (const until = Date.now() + restMs; Date.now() < until; await pause(50)) {
    real = await look(system, shop)
    const text = textOf(real)
    const same = worlds.filter((world) => textOf(visible(world)) === text)
    if (same.length > 0) return same
  }
  const [likely] = worlds
  expect(real, `after\n  ${story.trace.join('\n  ')}\n(one of ${worlds.length} worlds)`).toEqual(
    likely && visible(likely),
  )
  throw new Error('the shop looks like a world now that it did not look like in time')
}

/**
 * The story's end: the sale ends, deadlines pass, and what nobody notified is asked for. Then there is one
 * world, the shop looks like it, and its books add up.
 */
export async function endStory(story: Story, real: Real): Promise<void> {
  const { system, shop } = real
  const { sql } = system.container.db
  const end: Op = { is: 'end sale' }
  story.trace.push('the end')
  await follow(story, real, { ops: [end], answers: [await perform(system, shop, end)] })
  await sql`
    UPDATE attempts
    SET next_ask_at = now()
    WHERE number = ANY(${[...shop.trades.values()]}::bigint[]) AND next_ask_at IS NOT NULL`
  const ended = distinct(story.worlds.flatMap(drifts)).filter((world) => drifts(world).length === 1)
  story.worlds = await seen(story, real, ended)
  const { findings } = await audit(sql)
  expect(
    findings.filter(({ holds }) => !holds),
    `after\n  ${story.trace.join('\n  ')}`,
  ).toEqual([])
}

function distinct(worlds: readonly World[]): World[] {
  return [...new Map(worlds.map((world) => [textOf(world), world])).values()]
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length <= 1) return [[...of]]
  return of.flatMap((first, i) =>
    permutations([...of.slice(0, i), ...of.slice(i + 1)]).map((rest) => [first, ...rest]),
  )
}
