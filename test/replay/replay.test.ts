import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Stage, setStage } from '../workflows/stage.ts'
import { endings } from './endings.ts'

const folder = fileURLToPath(new URL('./histories', import.meta.url))
const file = (name: string) => `${folder}/${name}.json`

/**
 * `npm run record` plays each ending anew and writes its history; without it, what is stored is replayed
 * against today's workflows.
 */
const recording = process.env.RECORD_HISTORIES === '1'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

describe('an order or a session in flight survives a new release: its history replays', () => {
  it.each(Object.entries(endings))('%s', async (name, play) => {
    if (recording) {
      const played = await play(stage)
      await played.end()
      writeFileSync(file(name), `${impersonal(historyToJSON(await played.handle.fetchHistory()))}\n`)
    }
    const history = JSON.parse(readFileSync(file(name), 'utf8'))
    await Worker.runReplayHistory(
      { workflowBundle: { codePath: inject('workflowBundle') } },
      history,
      `order-${name}`,
    )
  })
})

it('every ending has a recorded history, and every history an ending', () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(endings)
      .map((name) => `${name}.json`)
      .sort(),
  )
})

/** Stacks and identities would name the machine that recorded; replaying needs neither. */
const impersonal = (history: string): string =>
  history.replace(/"(stackTrace|identity)": "(?:[^"\\]|\\.)*"/g, '"$1": ""')
