import { createServer, type Server } from 'node:http'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiVariables } from '../../api/environment.ts'
import { KeysAway, publishedKeys } from '../../api/published-keys.ts'
import { createTokenVerifier } from '../../api/token-verifier.ts'
import { readEnv } from '../../runtime/environment.ts'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
const rules = { issuer: 'https://id.example', audience: ['shop'], maxLifeS: 86_400 }
const signed = ({ privateKey }: Pair, kid: string, alg = 'RS256') =>
  new SignJWT({ sub: '42', iss: rules.issuer, aud: 'shop' })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime('1h')
    .sign(privateKey)

describe('published keys', () => {
  let server: Server
  let url: string
  let pair: Pair
  let published: object[] = []
  let status = 200
  let fetched = 0
  beforeAll(async () => {
    pair = await generateKeyPair('RS256')
    server = createServer((_, response) => {
      fetched += 1
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: published }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}/jwks` : ''
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  beforeEach(async () => {
    published = [{ ...(await exportJWK(pair.publicKey)), alg: 'RS256', kid: 'k1' }]
    status = 200
    fetched = 0
  })
  const verifier = () => createTokenVerifier({ key: { jwksUrl: url }, ...rules })

  it('verify tokens, and are fetched once for all who wait', async () => {
    const { verify } = verifier()
    const token = await signed(pair, 'k1')
    const all = await Promise.all(Array.from({ length: 20 }, () => verify(token, Date.now())))
    expect(all).toEqual(all.map(() => expect.objectContaining({ subject: '42' })))
    expect(fetched).toBe(1)
  })

  it('that do not hold the key that a token names are no good for it, and are not fetched a request', async () => {
    const { verify } = verifier()
    await verify(await signed(pair, 'k1'), Date.now())
    for (let n = 0; n < 20; n++)
      expect(await verify(await signed(pair, `no${n}`), Date.now())).toBeUndefined()
    expect(fetched).toBeLessThanOrEqual(2)
  })

  it('that cannot be fetched are a fault, no reason to call a buyer unknown, and no fetch a request', async () => {
    status = 503
    const { verify } = verifier()
    for (let n = 0; n < 20; n++)
      await expect(verify(await signed(pair, 'k1'), Date.now())).rejects.toThrow(KeysAway)
    expect(fetched).toBe(1)
  })

  it('that are known go on while they cannot be fetched; of others nothing is known', async () => {
    let now = Date.now()
    const keys = publishedKeys(url, () => now)
    const find = (kid: string) => keys.find({ alg: 'RS256', kid }, { payload: '', signature: '' })
    await find('k1')
    status = 503
    for (let hour = 0; hour < 5; hour++) {
      now += 3_600_000
      await expect(find('k1')).resolves.toBeDefined()
    }
    await expect(find('k2')).rejects.toThrow(KeysAway)
  })

  it('that the sign-in has withdrawn are good no longer once they are fetched anew', async () => {
    let now = Date.now()
    const keys = publishedKeys(url, () => now)
    const find = (kid: string) => keys.find({ alg: 'RS256', kid }, { payload: '', signature: '' })
    await find('k1')
    const before = keys.generation()
    published = [
      { ...(await exportJWK((await generateKeyPair('RS256')).publicKey)), alg: 'RS256', kid: 'k2' },
    ]
    now += 600_000
    await find('k2')
    expect(keys.generation()).toBeGreaterThan(before)
    await expect(find('k1')).rejects.toThrow(/no applicable key/)
  })

  it('are fetched over https, or from this machine', () => {
    const set = (JWT_JWKS_URL: string) => () => readEnv(apiVariables, { JWT_JWKS_URL })
    for (const bad of [
      'http://id.example/jwks',
      'file:///etc/keys',
      'http://127.0.0.1.evil.example/',
      'ftp://id.example',
    ])
      expect(set(bad)).toThrow(/JWT_JWKS_URL: an https URL, or http on this machine/)
    for (const fine of [
      'https://id.example/jwks',
      'http://127.0.0.1:8080/jwks',
      'http://[::1]:1/',
      'http://localhost/',
    ])
      expect(set(fine)).not.toThrow(/JWT_JWKS_URL/)
  })
})

describe('a configured key', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('verifies %s', async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true })
    const { verify } = createTokenVerifier({ key: { publicKey: await exportSPKI(pair.publicKey) }, ...rules })
    expect(await verify(await signed(pair, 'k1', alg), Date.now())).toMatchObject({ subject: '42' })
    const other = alg === 'RS256' ? 'ES256' : 'RS256'
    const stranger = await generateKeyPair(other)
    expect(await verify(await signed(stranger, 'k1', other), Date.now())).toBeUndefined()
  })
})
