import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rejectionOf } from '../rejection.ts'
import { harness, posted, signed } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeAll(async () => {
  world = await harness()
})
afterAll(() => world.stop())

const read = (body: string) => world.wechat.callbacks.read(posted(body).headers, body)
/** Why it is rejected; nothing when it is believed. */
const why = (body: string) => rejectionOf(read(body))
const payment = {
  out_trade_no: '7',
  transaction_id: '42',
  total_fee: '5',
  cash_fee: '3',
  fee_type: 'CNY',
  openid: 'secret',
}

describe('XML that can be read in two ways, or costs too much, is rejected', () => {
  const whole = signed(payment)
  const inside = (text: string) => whole.replace('</xml>', `${text}</xml>`)
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')

  it.each([
    ['empty', ''],
    ['text alone', 'SUCCESS'],
    ['JSON', '{"return_code":"SUCCESS"}'],
    ['cut short', whole.slice(0, -8)],
    ['a field closed by another name', whole.replace('</total_fee>', '</cash_fee>')],
    ['two roots', `${whole}${whole}`],
    ['another root', whole.replaceAll(/(<\/?)xml>/g, '$1root>')],
    ['a field twice', inside('<total_fee>5</total_fee>')],
    ['a field twice, the other one first', whole.replace('<xml>', '<xml><total_fee>1</total_fee>')],
    ['a field inside a field', inside('<a><total_fee>1</total_fee></a>')],
    ['text beside the fields', inside('SUCCESS')],
    ['a document type', `<!DOCTYPE xml>${whole}`],
    ['a document type in small letters', `<!doctype xml>${whole}`],
    [
      'an outer entity',
      `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>${inside('<attach>&x;</attach>')}`,
    ],
    ['a bomb of entities', `<!DOCTYPE xml [<!ENTITY l0 "lol">${laughs}]>${inside('<attach>&l9;</attach>')}`],
    ['a name of the language', inside('<__proto__><sign>1</sign></__proto__>')],
    ['a name of the language, flat', inside('<__proto__>1</__proto__>')],
    ['ten thousand levels', inside('<a>'.repeat(10_000) + '</a>'.repeat(10_000))],
  ])('%s', async (_, body) => {
    expect(await why(body)).toBe('body')
  })

  it('while attributes, comments and spaces between the fields change nothing', async () => {
    const dressed = whole.replaceAll('\n', '\r\n\t').replace('<total_fee>', '<!-- hello --><total_fee a="1">')
    expect(await read(`<?xml version="1.0" encoding="UTF-8"?>\n${dressed}\n`)).toEqual(await read(whole))
  })

  it('and spaces inside a value are a part of what was signed', async () => {
    expect(await why(signed({ ...payment, attach: ' order:1 ' }))).toBeUndefined()
    expect(
      await why(signed({ ...payment, attach: ' order:1 ' }).replace('<![CDATA[ order:1 ]]>', ' order:1 ')),
    ).toBeUndefined()
    expect(await why(signed({ ...payment, attach: ' order:1 ' }).replace(' order:1 ', 'order:1'))).toBe(
      'signature',
    )
  })
})
