import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Subject } from '../../challenges/challenge.ts'
import { createAsk } from '../../challenges/provider-call.ts'
import { signTc3 } from '../../challenges/tc3.ts'
import { tencentCaptcha } from '../../challenges/tencent.ts'
import type { SessionId, SkuId, UserId } from '../../domain/ids.ts'
import { type Received, startStandIn } from './stand-in.ts'

const subject: Subject = {
  buyer: '42' as UserId,
  offer: { session: '2026121210' as SessionId, sku: '1001' as SkuId },
  address: '192.0.2.1',
}
const keys = { secretId: 'AKIDexample', secretKey: 'example-secret-key' }
const at = Date.UTC(2026, 11, 12, 2, 0, 0)

const failure = (Code: string, Message = '') => ({
  body: JSON.stringify({ Response: { Error: { Code, Message } } }),
})
const verdict = (CaptchaCode: number, more: object = {}) => ({
  body: JSON.stringify({ Response: { CaptchaCode, CaptchaMsg: '', EvilLevel: 0, ...more, RequestId: 'r' } }),
})

/** What is wrong with a request's signature, by 签名方法 v3; written from the document, not from our code. */
function signatureFault({ method, path, headers, body }: Received): string | undefined {
  const text =
    /^TC3-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, id, scope = '', names = '', signature] = text.exec(headers.authorization ?? '') ?? []
  const timestamp = Number(headers['x-tc-timestamp'])
  const day = new Date(timestamp * 1000).toISOString().slice(0, 10)
  if (id !== keys.secretId) return 'AuthFailure.SecretIdNotFound'
  if (Math.abs(timestamp - at / 1000) > 300) return 'AuthFailure.SignatureExpire'
  if (scope !== `${day}/captcha/tc3_request`) return 'AuthFailure.InvalidAuthorization'
  if (!names.split(';').includes('content-type') || !names.split(';').includes('host'))
    return 'AuthFailure.InvalidAuthorization'
  let canonicalHeaders = ''
  for (const name of names.split(';')) {
    const value = String(headers[name]).trim()
    canonicalHeaders += `${name}:${name === 'x-tc-action' ? value.toLowerCase() : value}\n`
  }
  const hash = (what: string) => createHash('sha256').update(what).digest('hex')
  const canonical = `${method}\n${path}\n\n${canonicalHeaders}\n${names}\n${hash(body)}`
  const mac = (key: string | Buffer, what: string) => createHmac('sha256', key).update(what).digest()
  const secretDate = mac(`TC3${keys.secretKey}`, day)
  const secretSigning = mac(mac(secretDate, 'captcha'), 'tc3_request')
  const right = mac(secretSigning, `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${hash(canonical)}`).toString(
    'hex',
  )
  return signature === right ? undefined : 'AuthFailure.SignatureFailure'
}

/** DescribeCaptchaResult, as its document describes it. */
function describeCaptchaResult(request: Received, spent: Set<string>) {
  const { headers } = request
  const fault = signatureFault(request)
  if (fault) return failure(fault)
  if (headers['x-tc-action'] !== 'DescribeCaptchaResult') return failure('InvalidAction')
  if (headers['x-tc-version'] !== '2019-07-22') return failure('NoSuchVersion')
  const asked = JSON.parse(request.body) as Record<string, unknown>
  const types = {
    CaptchaType: 'number',
    Ticket: 'string',
    UserIp: 'string',
    Randstr: 'string',
    CaptchaAppId: 'number',
    AppSecretKey: 'string',
  }
  for (const [name, type] of Object.entries(types))
    if (typeof asked[name] !== type)
      return failure(asked[name] === undefined ? 'MissingParameter' : 'InvalidParameter')
  if (Object.keys(asked).some((name) => !(name in types))) return failure('UnknownParameter')
  if (asked.CaptchaType !== 9) return failure('InvalidParameterValue')
  if (asked.CaptchaAppId !== 199_999_164 || asked.AppSecretKey !== 'app-secret') return verdict(100)
  const ticket = String(asked.Ticket)
  if (ticket.startsWith('trerror_')) return verdict(21)
  if (ticket.startsWith('code ')) return verdict(Number(ticket.slice(5)))
  if (ticket.startsWith('error ')) return failure(ticket.slice(6))
  if (asked.Randstr !== '@Vki') return verdict(7)
  if (spent.has(ticket)) return verdict(9)
  spent.add(ticket)
  return verdict(1, { EvilLevel: ticket === 'evil' ? 100 : ticket === 'unrated' ? null : 0 })
}

let standIn: Awaited<ReturnType<typeof startStandIn>>
let spent = new Set<string>()
beforeAll(async () => {
  standIn = await startStandIn((request) => describeCaptchaResult(request, spent))
})
afterAll(() => standIn.close())
beforeEach(() => {
  spent = new Set()
})

const warned: string[] = []
const open = (but: Partial<Parameters<typeof tencentCaptcha>[0]> = {}) =>
  tencentCaptcha({
    ...keys,
    appId: '199999164',
    appSecret: 'app-secret',
    url: standIn.url,
    ask: createAsk({ warn: (why) => warned.push(why) }),
    now: () => at,
    ...but,
  })
const verify = (ticket: string, randstr = '@Vki', check = open()) =>
  check.verify(subject, { kind: 'tencent', ticket, randstr })

describe('Tencent’s captcha', () => {
  it('is shown with the app’s id, and nothing that is secret', () => {
    expect(open().issue(subject)).toEqual({ kind: 'tencent', appId: '199999164' })
  })

  it('passes a ticket that Tencent has verified, once', async () => {
    expect(await verify('good')).toBe('passed')
    expect(await verify('good')).toBe('failed')
    expect(await verify('unrated')).toBe('passed')
  })

  it('does not pass a ticket whose verification was malicious, nor one of another randstr', async () => {
    expect(await verify('evil')).toBe('failed')
    expect(await verify('good', '@Abc')).toBe('failed')
  })

  it.each([7, 8, 9, 15, 16, 21, 100, 2])('does not pass at CaptchaCode %i', async (code) => {
    expect(await verify(`code ${code}`)).toBe('failed')
  })

  it('does not pass a ticket that the page made up because it could not reach Tencent', async () => {
    expect(await verify('trerror_1001_199999164_1796600000')).toBe('failed')
  })

  it('does not pass what another kind of captcha gave', async () => {
    expect(await open().verify(subject, { kind: 'turnstile', token: 't' })).toBe('failed')
  })

  it.each(['InternalError', 'RequestLimitExceeded', 'UnauthorizedOperation.Unauthorized'])(
    'gives no verdict when Tencent answers %s, and says so',
    async (code) => {
      warned.length = 0
      expect(await verify(`error ${code}`)).toBe('away')
      expect(warned).toEqual([`Tencent answered ${code}: `])
    },
  )

  it('takes an error that the buyer’s own text brings about as a failure, not as an outage', async () => {
    for (const code of ['InvalidParameter', 'InvalidParameterValue.Ticket', 'MissingParameter'])
      expect(await verify(`error ${code}`)).toBe('failed')
  })

  it.each([
    ['keys', { secretKey: 'another key' }, 'AuthFailure.SignatureFailure'],
    ['a clock', { now: () => at + 301_000 }, 'AuthFailure.SignatureExpire'],
  ])('gives no verdict with %s that Tencent does not believe', async (_, but, code) => {
    warned.length = 0
    expect(await verify('good', '@Vki', open(but))).toBe('away')
    expect(warned).toEqual([`Tencent answered ${code}: `])
  })
})

it('signs as the example in Tencent’s document of the method v3', () => {
  const stars = '*'.repeat(32)
  const body = String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
  const headers = signTc3(
    { secretId: `AKID${stars}`, secretKey: stars },
    {
      host: 'cvm.tencentcloudapi.com',
      service: 'cvm',
      version: '2017-03-12',
      action: 'DescribeInstances',
      body,
      at: 1_551_113_065_000,
    },
  )
  expect(headers.authorization).toBe(
    `TC3-HMAC-SHA256 Credential=AKID${stars}/2019-02-25/cvm/tc3_request, ` +
      'SignedHeaders=content-type;host;x-tc-action, ' +
      'Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
  )
})
