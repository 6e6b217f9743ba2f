import { once } from 'node:events'
import { createServer } from 'node:net'

const promised = new Set<number>()

/**
 * A port that nothing listens on: the usual one if it is free, else one that the system picks. Never the same
 * one twice in a process.
 */
export async function freePort(usual?: number): Promise<number> {
  if (usual !== undefined && !promised.has(usual) && (await canListen(usual)) !== undefined)
    return promise(usual)
  for (;;) {
    const port = await canListen(0)
    if (port === undefined) throw new Error('the system has no free port')
    if (!promised.has(port)) return promise(port)
  }
}

function promise(port: number): number {
  promised.add(port)
  return port
}

/** Tries every address as well as our own: a server on 0.0.0.0 would take half of our clients. */
async function canListen(port: number): Promise<number | undefined> {
  const own = await listens(port, '127.0.0.1')
  return own !== undefined && (await listens(own, '0.0.0.0')) !== undefined ? own : undefined
}

async function listens(port: number, host: string): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch {
    return undefined
  } finally {
    server.close()
  }
}
