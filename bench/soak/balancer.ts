import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A load balancer as small as can be: each connection goes to the next of these ports that accepts it. It
 * looks at no health check, so that a process that is frozen still gets its share.
 */
export async function balance(
  ports: readonly number[],
): Promise<{ url: string; port: number; close(): void }> {
  let next = 0
  const open = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, (guest) => {
    guest.on('error', () => {}) // `close` follows.
    const first = next++
    const attempt = (tried: number): void => {
      const port = ports[(first + tried) % ports.length]
      if (port === undefined || tried === ports.length || guest.destroyed) return void guest.destroy()
      const host = connect(port, '127.0.0.1')
      let connected = false
      host.on('error', () => {
        if (!connected) attempt(tried + 1)
      })
      host.once('connect', () => {
        connected = true
        for (const [from, to] of [
          [guest, host],
          [host, guest],
        ] as const) {
          open.add(from)
          from.once('close', () => {
            open.delete(from)
            to.destroy()
          })
          from.pipe(to)
        }
      })
    }
    attempt(0)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
