import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { ModelSystem } from './system.ts'

/** What the API has answered. */
export type Answer = { status: number; body: Record<string, unknown> }

/** Calls the API; what it cannot answer now (503) is asked again. */
export async function call(
  { url }: Pick<ModelSystem, 'url'>,
  token: string,
  { request, body }: { request: string; body?: object | undefined },
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const key = randomUUID() // The same each time: a request that was not answered may have been done.
  for (;;) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    // An object, always.
    const read = { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    if (read.status !== 503 && read.body.code !== 'attempt_unsettled') return read
    await pause(100)
  }
}

/** The code of a refusal; the status of anything else. */
export const codeOf = ({ status, body }: Answer): string => String(body.code ?? status)
