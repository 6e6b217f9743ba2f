import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A door in front of a server. */
export type Door = {
  port: number
  /** Throws out who is inside, and lets nobody in. */
  shut(): void
  open(): void
  /** Resets the connections of who is inside, as a firewall or a failover does (RST instead of FIN). */
  reset(): void
  /** Leads elsewhere from now on; who is inside is thrown out. */
  leadTo(port: number): void
  close(): Promise<void>
}

export async function doorTo(port: number): Promise<Door> {
  let target: number | undefined = port
  let behind = port
  const inside = new Set<Socket>()
  const guests = new Set<Socket>()
  const server = createServer((guest) => {
    if (target === undefined) return guest.destroy()
    const host = connect(target, '127.0.0.1')
    guests.add(guest)
    guest.on('close', () => guests.delete(guest))
    for (const [from, to] of [
      [guest, host],
      [host, guest],
    ] as const) {
      inside.add(from)
      from.on('error', () => {}) // `close` follows.
      from.on('close', () => {
        inside.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const throwOut = () => {
    for (const socket of inside) socket.destroy()
  }
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    shut() {
      target = undefined
      throwOut()
    },
    open() {
      target = behind
    },
    reset() {
      for (const guest of guests) guest.resetAndDestroy()
    },
    leadTo(port) {
      if (target !== undefined) target = port
      behind = port
      throwOut()
    },
    async close() {
      server.close()
      throwOut()
      await once(server, 'close')
    },
  }
}
