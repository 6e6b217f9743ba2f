import { BlockList, isIP, isIPv6 } from 'node:net'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** The addresses of proxies whose `X-Forwarded-For` is believed. */
export type TrustedProxies = Pick<BlockList, 'check'>

/**
 * Reads addresses and networks (CIDR), separated by commas, or `none`. Throws naming the one that is neither.
 */
export function trustedProxies(text: string): TrustedProxies {
  const list = new BlockList()
  for (const entry of text.split(',').map((part) => part.trim())) {
    const [address = '', prefix, ...more] = entry.split('/')
    if (entry === '' || text.trim() === 'none') continue
    const bits = prefix === undefined ? undefined : Number(prefix)
    const most = isIPv6(address) ? 128 : 32
    if (
      isIP(address) === 0 ||
      more.length > 0 ||
      (bits !== undefined && !(/^\d+$/.test(prefix ?? '') && bits <= most))
    )
      throw new Error(`"${entry}" is no IP address and no network such as 10.0.0.0/8`)
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, bits, familyOf(address))
  }
  return list
}

/**
 * Whose address a request comes from: the socket's peer, unless that is a trusted proxy. Then it is the last
 * entry of `X-Forwarded-For` that is none: what stands left of it, anybody can have written.
 */
export function clientAddress(trusted: TrustedProxies, c: Context): string {
  const { incoming } = c.env as Partial<HttpBindings> // Absent where no socket is: `app.request()`.
  let address = plain(incoming?.socket.remoteAddress ?? '')
  const forwarded = c.req.header('x-forwarded-for')?.split(',').reverse() ?? []
  for (const entry of forwarded) {
    if (!isTrusted(trusted, address)) return address
    const before = plain(entry.trim())
    if (isIP(before) === 0) return address
    address = before
  }
  return address
}

/** What a limit counts by: the address, and of IPv6 the network, because a line at home has 2⁶⁴ addresses. */
export function limitKey(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ? tail.split(':') : [])]
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
/** Whether the peer of a connection is a proxy whose headers are believed. */
export const isTrustedPeer = (trusted: TrustedProxies, peer: string): boolean =>
  isTrusted(trusted, plain(peer))

const isTrusted = (trusted: TrustedProxies, address: string): boolean =>
  isIP(address) !== 0 && trusted.check(address, familyOf(address))

/** Without a port, brackets, a zone, or the disguise of an IPv4 address as an IPv6 one. */
function plain(entry: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry
  return bare.replace(/%.*$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '')
}
