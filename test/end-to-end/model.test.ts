import fc from 'fast-check'
import { afterAll, beforeAll, it } from 'vitest'
import { step } from './model/steps.ts'
import { answersSeen, beginStory, endStory, StepCommand } from './model/story.ts'
import { type ModelSystem, openModelSystem } from './model/system.ts'

/**
 * The shop against its model, which is plain TypeScript: stories of ten to twenty steps, each one operation
 * or several at once, while workers are killed and Redis is flushed. After each step statuses, amounts,
 * shelves, coupons, points, wallets and the providers' money are those of a world that the model holds to be
 * possible.
 *
 * MODEL_RUNS=500: so many stories. MODEL_SEED=…: the stories of a run that failed, made as short as can be.
 */
const runs = Number(process.env.MODEL_RUNS || 6)
const seed = process.env.MODEL_SEED ? Number(process.env.MODEL_SEED) : undefined
const steps = 20

let system: ModelSystem
beforeAll(async () => {
  system = await openModelSystem()
})
afterAll(() => system?.close())

it(
  'does what its model says, whatever happens in whatever order',
  async () => {
    const stories = fc.array(
      step.map((one) => new StepCommand(one)),
      { minLength: steps / 2, maxLength: steps, size: 'max' },
    )
    const property = fc.asyncProperty(stories, async (story) => {
      const { model, real } = await beginStory(system)
      await fc.asyncModelRun(() => ({ model, real }), story)
      await endStory(model, real)
    })
    const made = await fc.check(property, {
      numRuns: runs,
      ...(seed === undefined ? { endOnFailure: true } : { seed, interruptAfterTimeLimit: 600_000 }),
    })
    if (process.env.MODEL_RUNS) console.table(answersSeen)
    const why = made.errorInstance instanceof Error ? made.errorInstance.message : made.errorInstance
    if (made.failed) throw new Error(`Again: MODEL_SEED=${made.seed} MODEL_RUNS=${runs}\n${why}`)
  },
  60_000 + runs * 60_000,
)

it('and the books add up, here and at the providers', () => system.addsUp())
