import { describe, expect, it } from 'vitest'
import { clusterNode } from '../../runtime/redis-connections.ts'
import { temporalOf } from '../../runtime/temporal.ts'

describe('Temporal is reached', () => {
  const at = { TEMPORAL_ADDRESS: 'temporal:7233' }
  const pem = '-----BEGIN CERTIFICATE-----'

  it('in plain text only where nothing asks for TLS', () => {
    expect(temporalOf(at)).toEqual({ address: 'temporal:7233' })
    expect(temporalOf({ ...at, TEMPORAL_TLS: 'off' })).toEqual({ address: 'temporal:7233' })
  })

  it('over TLS with a key, a certificate, or a private authority', () => {
    expect(temporalOf({ ...at, TEMPORAL_TLS: 'on' })).toMatchObject({ tls: {} })
    expect(temporalOf({ ...at, TEMPORAL_API_KEY: 'k' })).toMatchObject({ tls: {}, apiKey: 'k' })
    const pair = { TEMPORAL_TLS_CERT: pem, TEMPORAL_TLS_KEY: pem }
    expect(temporalOf({ ...at, ...pair })).toMatchObject({
      tls: { clientCertPair: { crt: Buffer.from(pem), key: Buffer.from(pem) } },
    })
    expect(temporalOf({ ...at, TEMPORAL_TLS_CA: pem })).toMatchObject({
      tls: { serverRootCACertificate: Buffer.from(pem) },
    })
  })

  it('never in plain text because its configuration is incomplete, or contradicts itself', () => {
    expect(() => temporalOf({ ...at, TEMPORAL_TLS_CERT: pem })).toThrow(/TEMPORAL_TLS_KEY: set it too/)
    expect(() => temporalOf({ ...at, TEMPORAL_TLS_KEY: pem })).toThrow(/TEMPORAL_TLS_CERT: set it too/)
    for (const secured of [{ TEMPORAL_API_KEY: 'k' }, { TEMPORAL_TLS_CA: pem }])
      expect(() => temporalOf({ ...at, ...secured, TEMPORAL_TLS: 'off' })).toThrow(/TEMPORAL_TLS: it is off/)
  })
})

describe('every node of a cluster', () => {
  it('gets the user, the password and the TLS of the one that is named', () => {
    expect(clusterNode('rediss://shop:p%40ss@gate:7000')).toMatchObject({
      ...{ username: 'shop', password: 'p@ss', tls: {} },
    })
    expect(clusterNode('redis://gate:7000')).not.toHaveProperty('tls')
    expect(clusterNode('redis://gate:7000')).not.toHaveProperty('password')
  })
})
