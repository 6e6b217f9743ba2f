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
 * Without variables six stories that are the same each time; what happens at once in them still varies.
 * MODEL_RUNS=500: so many, other ones each time. MODEL_SEED=…: the stories of a run that failed, made as
 * short as can be.
 */
const { MODEL_RUNS: wanted, MODEL_SEED: repeated } = process.env
const runs = Number(wanted || 6)
const usual = { seed: 20_261_127, endOnFailure: true }
const chosen = wanted ? { endOnFailure: true } : usual
const which = repeated ? { seed: Number(repeated), interruptAfterTimeLimit: 600_000 } : chosen
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
    const made = await fc.check(property, { numRuns: runs, ...which })
    if (wanted) console.table(answersSeen)
    const why = made.errorInstance instanceof Error ? made.errorInstance.message : made.errorInstance
    if (made.failed) throw new Error(`Again: MODEL_SEED=${made.seed} MODEL_RUNS=${runs}\n${why}`)
  },
  60_000 + runs * 60_000,
)

it('and the books add up, here and at the providers', () => system.addsUp())
