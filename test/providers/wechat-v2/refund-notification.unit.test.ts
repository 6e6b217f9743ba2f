import { createDecipheriv, createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seal } from '../../../sandbox/wechat-v2/signature.ts'
import { type Fields, fieldsOf, xmlOf } from '../../../sandbox/wechat-v2/xml.ts'
import { rejectionOf } from '../rejection.ts'
import { harness, posted, shared } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeAll(async () => {
  world = await harness()
})
afterAll(() => world.stop())

const read = (body: string, provider = world.wechat) => provider.callbacks.read(posted(body).headers, body)
/** Why it is rejected; nothing when it is believed. */
const why = (body: string, provider = world.wechat) => rejectionOf(read(body, provider))
const refund = {
  out_refund_no: 'r7',
  out_trade_no: '7',
  transaction_id: '42',
  refund_fee: '5',
  total_fee: '9',
  refund_status: 'SUCCESS',
}
/** A refund notice as WeChat would post it. */
const refundNotice = (content: Fields | string, over: Fields = {}, key = shared.key): string => {
  const req_info = seal(typeof content === 'string' ? content : xmlOf(content, 'root'), key)
  return xmlOf({
    return_code: 'SUCCESS',
    appid: shared.appId,
    mch_id: shared.mchId,
    nonce_str: 'n',
    req_info,
    ...over,
  })
}

describe('a refund’s notification is rejected', () => {
  it('unless it was encrypted with our key', async () => {
    expect(await why(refundNotice(refund))).toBeUndefined()
    expect(await why(refundNotice(refund, {}, 'x'.repeat(32)))).toMatch(/^(signature|body)$/)
    for (const req_info of ['', 'AA==', 'not base64 at all', '*'])
      expect(await why(refundNotice(refund, { req_info }))).toMatch(/^(signature|body)$/)
  })

  it('with a byte of it changed', async () => {
    const { req_info = '' } = fieldsOf(refundNotice(refund))
    const sealed = Buffer.from(req_info, 'base64')
    const last = sealed.length - 1
    sealed[last] = (sealed[last] ?? 0) ^ 1
    expect(await why(refundNotice(refund, { req_info: sealed.toString('base64') }))).toBe('signature')
  })

  it('of another merchant or another app', async () => {
    expect(await why(refundNotice(refund, { mch_id: '1900000999' }))).toBe('merchant')
    expect(await why(refundNotice(refund, { appid: 'wx0' }))).toBe('merchant')
  })

  it('when it is authentic and not readable', async () => {
    const { refund_status: _, ...stateless } = refund
    const bomb = '<!DOCTYPE root [<!ENTITY a "SUCCESS">]><root><refund_status>&a;</refund_status></root>'
    for (const content of ['not xml', bomb, xmlOf(refund), stateless, { ...refund, refund_fee: '1.5' }]) {
      expect(await why(refundNotice(content))).toBe('body')
    }
  })

  it('and is opened as WeChat documents it: AES-256-ECB under the MD5 of the key', () => {
    const key = createHash('md5').update(shared.key).digest('hex')
    const decipher = createDecipheriv('aes-256-ecb', key, null)
    const { req_info = '' } = fieldsOf(refundNotice(refund))
    expect(decipher.update(req_info, 'base64', 'utf8') + decipher.final('utf8')).toContain(
      '<out_refund_no><![CDATA[r7]]>',
    )
  })
})
