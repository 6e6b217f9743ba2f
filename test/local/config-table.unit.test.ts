import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allVariables, configurationPage } from '../../local/config-table.ts'
import { readEnv } from '../../runtime/environment.ts'
import { undescribed, variable, variablesTable } from '../../runtime/variables.ts'

describe('every configuration variable', () => {
  it('says what it means, in the place where it is declared', () => {
    expect(undescribed(allVariables)).toEqual([])
  })

  it('is in the table of docs/operations.md as it is declared (npm run config-table)', () => {
    const { is, shouldBe } = configurationPage()
    expect(is).toBe(shouldBe)
  })

  it('is shown with its unit, bounds, choices and default', () => {
    const shown = variablesTable({
      WAIT_S: variable(z.coerce.number().int().min(1).max(60).default(5), { meaning: 'waits', unit: 's' }),
      MODE: variable(z.enum(['on', 'off']).optional(), { meaning: 'a | b', neededBy: 'api' }),
      NAME: variable(z.string(), { meaning: 'a name', example: 'x' }),
    })
    expect(shown.split('\n').slice(2)).toEqual([
      '| `WAIT_S` | all | waits | s | 1–60 | `5` |  |',
      '| `MODE` | api | a \\| b |  | `on`, `off` | – |  |',
      '| `NAME` | all | a name |  |  | required | `x` |',
    ])
  })

  it('that is empty counts as unset', () => {
    const schema = z.object({ PORT: z.coerce.number().default(3000), KEY: z.string().min(5).optional() })
    expect(readEnv(schema, { PORT: '', KEY: ' ' })).toEqual({ PORT: 3000 })
  })
})
