import { expect } from 'vitest'

type Event = { id: string; status: number; body: Record<string, unknown> }

type Listening = { token: string; ticket?: string; lastEventId?: string }

/** Listens as a browser does. */
export async function listenTo(url: string, { token, ticket, lastEventId }: Listening) {
  const leaving = new AbortController()
  const answer = await fetch(url + (ticket ? `?ticket=${ticket}` : ''), {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    },
    signal: leaving.signal,
  })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    answer,
    /** The next event; undefined when the stream has ended. */
    async next(): Promise<Event | undefined> {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const block = text.slice(0, end)
          text = text.slice(end + 2)
          if (block.startsWith('event: ticket\n')) return eventOf(block)
          continue
        }
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) return undefined
        text += value
      }
    },
    leave: () => leaving.abort(),
  }
}
function eventOf(block: string): Event {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  const body = JSON.parse(field('data')) as Event['body']
  return { id: field('id'), status: Number(body.status), body }
}

/** Waits for whatever was announced up to now to have been looked at. */
export const shown = (stream: { next(): Promise<Event | undefined> }, status: number) =>
  expect.poll(async () => (await stream.next())?.status, { timeout: 20_000 }).toBe(status)
