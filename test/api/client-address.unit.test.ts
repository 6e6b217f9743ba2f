import type { Context } from 'hono'
import { describe, expect, it } from 'vitest'
import { clientAddress, limitKey, trustedProxies } from '../../api/client-address.ts'
import { apiVariables } from '../../api/environment.ts'
import { readEnv } from '../../runtime/environment.ts'

/** A request from this peer, with this header. */
const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    env: { incoming: { socket: { remoteAddress } } },
    req: { header: () => forwarded },
  }) as unknown as Context // All that is looked at.

describe('a client’s address', () => {
  it.each<[string, { peer: string; forwarded?: string; address: string }]>([
    ['is the peer’s without a header', { peer: '203.0.113.9', address: '203.0.113.9' }],
    [
      'is the peer’s when that is not trusted',
      { peer: '203.0.113.9', forwarded: '1.1.1.1', address: '203.0.113.9' },
    ],
    [
      'is the last entry that a trusted peer wrote',
      { peer: '10.0.0.1', forwarded: '1.1.1.1, 2.2.2.2', address: '2.2.2.2' },
    ],
    [
      'is looked for left of trusted proxies',
      { peer: '10.0.0.1', forwarded: '1.1.1.1, 2.2.2.2, 10.0.0.2 ,10.0.0.3', address: '2.2.2.2' },
    ],
    [
      'is the first entry when all are trusted',
      { peer: '10.0.0.1', forwarded: '10.0.0.9, 10.0.0.2', address: '10.0.0.9' },
    ],
    [
      'is the last address that is one',
      { peer: '10.0.0.1', forwarded: 'unknown, 10.0.0.2', address: '10.0.0.2' },
    ],
    ['is the proxy’s when it says nothing of use', { peer: '10.0.0.1', forwarded: '', address: '10.0.0.1' }],
    [
      'is IPv4 also in IPv6’s clothes',
      { peer: '::ffff:10.0.0.1', forwarded: '::ffff:2.2.2.2', address: '2.2.2.2' },
    ],
    ['may come with a port', { peer: '10.0.0.1', forwarded: '2.2.2.2:40123', address: '2.2.2.2' }],
    [
      'may be IPv6, in brackets, with a port',
      { peer: '2001:db8::1', forwarded: '[2001:db8:1::2]:443', address: '2001:db8:1::2' },
    ],
  ])('%s', (_, { peer, forwarded, address }) => {
    expect(clientAddress(trustedProxies('10.0.0.0/8, 2001:db8::1'), request(peer, forwarded))).toBe(address)
  })

  it('counts a whole IPv6 network as one, and each IPv4 address for itself', () => {
    expect(limitKey('203.0.113.9')).toBe('203.0.113.9')
    for (const address of ['2001:db8:0:7::1', '2001:DB8::7:ffff:0:0:1', '2001:db8:0:7:1:2:3:4'])
      expect(limitKey(address)).toBe('2001:db8:0:7::/64')
    expect(limitKey('::1')).toBe('0:0:0:0::/64')
    expect(limitKey('2001:db8::')).toBe('2001:db8:0:0::/64')
  })
})

const complete = {
  DATABASE_URL: 'postgres://a:b@127.0.0.1/c',
  REDIS_URL: 'redis://127.0.0.1',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  JWT_JWKS_URL: 'https://id.example/jwks',
  JWT_ISSUER: 'https://id.example',
  JWT_AUDIENCE: 'shop',
  QUOTE_SECRET: 'a secret of the tests, 32 bytes and more',
}

describe('TRUSTED_PROXIES', () => {
  it('takes addresses and networks, or nothing', () => {
    for (const text of ['', ' ', 'none', '10.0.0.1', '10.0.0.0/8, 192.168.1.1', '2001:db8::/32,::1'])
      expect(() => trustedProxies(text)).not.toThrow()
  })

  it.each([
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/x',
    '::/129',
    '10.0.0.1;10.0.0.2',
  ])('does not take %s, and names it', (text) => {
    expect(() => trustedProxies(`10.0.0.1, ${text}`)).toThrow(text)
  })

  it('has to be said, be it `none`, where others than this machine can reach the process', () => {
    const said = (env: object) => () => readEnv(apiVariables, { ...complete, ...env })
    expect(said({ HOST: '0.0.0.0' })).toThrow(/TRUSTED_PROXIES: say which proxies .*or `none`/)
    expect(said({})).toThrow(/TRUSTED_PROXIES: say which proxies/)
    expect(said({ HOST: '0.0.0.0', TRUSTED_PROXIES: 'none' })).not.toThrow()
    expect(said({ HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.0/8' })).not.toThrow()
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) expect(said({ HOST })).not.toThrow()
  })

  it('ends the process at its start when it is neither, with its name', () => {
    expect(() => readEnv(apiVariables, { TRUSTED_PROXIES: 'proxy.example' })).toThrow(
      /TRUSTED_PROXIES: "proxy\.example" is no IP address/,
    )
  })
})
