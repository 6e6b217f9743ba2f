import { get } from 'node:http'

/** Streams to open, each with its bearer; or: count events until so many have come. */
export type ToStreams = { open: { url: string; bearer: string }[] } | { expect: number }
/** All that were expected have come, the last of them at `lastAt` (ms since 1970). */
export type FromStreams = { lastAt: number }

/** Streams that are being opened at a time. */
const width = 50

let missing = 0

function count(chunk: Buffer): void {
  const events = chunk.toString().split('event: ticket').length - 1
  if (events === 0 || missing === 0) return
  missing -= events
  if (missing === 0) process.send?.({ lastAt: Date.now() } satisfies FromStreams)
}

function open(url: string, bearer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { authorization: `Bearer ${bearer}` } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`a stream was answered ${answer.statusCode}`))
      answer.on('data', count)
      answer.once('data', () => resolve())
    }).on('error', reject)
  })
}

/** The process that holds the buyers' ends of the streams. */
process.on('message', async (asked: ToStreams) => {
  if ('expect' in asked) {
    missing = asked.expect
    return
  }
  missing = asked.open.length
  const rest = [...asked.open]
  const lane = async () => {
    for (let next = rest.pop(); next; next = rest.pop()) await open(next.url, next.bearer)
  }
  await Promise.all(Array.from({ length: width }, lane))
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
