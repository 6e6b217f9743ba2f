import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinCode, joinStatus } from '../../api/flash-sales/answers.ts'
import { languageOf } from '../../api/http/errors/language.ts'
import { problemTexts } from '../../api/http/errors/problem-texts.ts'
import { refusalStatus } from '../../domain/refusals.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'

let harness: Harness
let buyer: Buyer
beforeAll(async () => {
  harness = await startHarness()
  buyer = await harness.newBuyer()
})
afterAll(() => harness.close())

const post = (body: string, headers: Record<string, string> = {}, path = '/v1/quotes') =>
  fetch(harness.url + path, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${buyer.token}`, 'content-type': 'application/json', ...headers },
  })

const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code // A problem.

describe('what is not a success', () => {
  it('is application/problem+json', async () => {
    const answer = await fetch(`${harness.url}/v1/nothing`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toEqual({
      type: '/problems/not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is nothing here for you.',
      code: 'not_found',
    })
  })

  it('is 404 for an unknown route', async () => {
    for (const path of ['/', '/v1/products/1/x', '/v1/cart/', '/v1/notify']) {
      const answer = await fetch(harness.url + path)
      expect([path, answer.status, await codeOf(answer)]).toEqual([path, 404, 'not_found'])
      expect(answer.headers.get('allow')).toBeNull()
    }
  })

  it.each([
    ['PUT', '/v1/products', 'GET, HEAD'],
    ['DELETE', '/v1/products/7', 'GET, HEAD'],
    ['DELETE', '/v1/cart', 'GET, HEAD, PATCH'],
    ['GET', '/v1/cart/lines', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
    ['GET', '/v1/notify/x', 'POST'],
  ])('is 405 for %s %s, and says what the path allows', async (method, path, allow) => {
    const answer = await fetch(harness.url + path, { method })
    expect([answer.status, await codeOf(answer)]).toEqual([405, 'method_not_allowed'])
    expect(answer.headers.get('allow')).toBe(allow)
  })

  it('is 405 for an authorized method on what belongs to a buyer', async () => {
    const headers = { authorization: `Bearer ${buyer.token}` }
    const answer = await fetch(`${harness.url}/v1/orders/7/payments`, { headers })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('is 400 for JSON that is none', async () => {
    for (const body of ['{', '{"lines":', 'lines']) {
      const answer = await post(body)
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'malformed_json'])
    }
  })

  it.each(['[]', 'null', '1', '"x"'])('is 422 for %s, which is no object', async (body) => {
    expect((await post(body)).status).toBe(422)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])('is 415 for %s', async (type) => {
    const answer = await post('{}', { 'content-type': type })
    expect([answer.status, await codeOf(answer)]).toEqual([415, 'not_json'])
  })

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json;',
    'application/json ; charset=utf-8',
    'application/json; charset=utf-8;',
    'APPLICATION/JSON',
    'application/merge-patch+json',
    'application/vnd.v2+json',
    'application/vnd.shop_1+json; v=1',
  ])('takes JSON by the name %s', async (type) => {
    const answer = await post('{"lines":[]}', { 'content-type': type })
    expect([answer.status, await codeOf(answer)]).toEqual([422, 'empty_order'])
  })

  it('takes JSON in no other charset than UTF-8', async () => {
    const answer = await post('{"lines":[]}', { 'content-type': 'application/json; charset=gbk' })
    expect([answer.status, await codeOf(answer)]).toEqual([415, 'not_json'])
  })

  it.each([
    ['POST', '/v1/quotes'],
    ['PATCH', '/v1/addresses/7'],
    ['POST', '/v1/cart/lines'],
  ])('is 400 for %s %s without the body that is required', async (method, path) => {
    const headers = { authorization: `Bearer ${buyer.token}` }
    const answer = await fetch(harness.url + path, { method, headers })
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'malformed_json'])
  })

  it('is 415 for a body that does not say what it is', async () => {
    const { status } = await raw({ authorization: `Bearer ${buyer.token}`, 'content-length': '2' }, ['{}'])
    expect(status).toBe(415)
  })

  it('is 413 for a body over 64 KiB, with a declared length and without', async () => {
    const large = JSON.stringify({ lines: [], source: 'x'.repeat(64 * 1024) })
    const answer = await post(large)
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'body_too_large'])
    const headers = { authorization: `Bearer ${buyer.token}`, 'content-type': 'application/json' }
    const chunks = Array.from({ length: 8 }, () => 'x'.repeat(16 * 1024))
    expect((await raw({ ...headers, 'transfer-encoding': 'chunked' }, chunks)).status).toBe(413)
  })

  it('takes a body of just 64 KiB', async () => {
    const frame = JSON.stringify({ source: '' })
    expect((await post(JSON.stringify({ source: 'x'.repeat(64 * 1024 - frame.length) }))).status).toBe(422)
  })

  it('names unknown fields, all of them', async () => {
    const answer = await post('{"a":1,"b":2,"__proto__":{"c":3}}')
    // A validation problem's shape.
    const { errors } = (await answer.json()) as { errors: { field: string; code: string }[] }
    expect(errors.map(({ field }) => field)).toEqual(expect.arrayContaining(['a', 'b']))
    expect(errors.every(({ code }) => code === 'unknown_field')).toBe(true)
  })
})

describe('an answer to much that is wrong', () => {
  it('stays small: the first twenty fields, their names cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`k${i}`, 0]))
    const few = { ['k'.repeat(60_000)]: 0 }
    for (const [body, fields] of [
      [many, 20],
      [few, 1],
      [{ lines: Array.from({ length: 150 }, () => 0) }, 20],
    ] as const) {
      const answer = await post(JSON.stringify(body))
      expect(answer.status).toBe(422)
      const text = await answer.text()
      expect(text.length).toBeLessThan(4000)
      expect(JSON.parse(text).errors).toHaveLength(fields)
    }
  })
})

describe('what providers post', () => {
  it('needs neither token nor JSON, and is answered as they want', async () => {
    const answer = await fetch(`${harness.url}/v1/notify/x`, {
      method: 'POST',
      body: '<xml/>',
      headers: { 'content-type': 'text/xml' },
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'got 6'])
  })
})

describe('the language', () => {
  it('is the one that the client likes better', async () => {
    const answer = await fetch(`${harness.url}/v1/nothing`, {
      headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' },
    })
    expect(answer.headers.get('content-language')).toBe('zh')
    expect(await answer.json()).toMatchObject({ title: '未找到', code: 'not_found' })
  })

  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['fr, de;q=0.5', 'en'],
    ['en-GB,zh;q=0.9', 'en'],
    ['fr,zh;q=0.3,en;q=0.2', 'zh'],
    ['ZH-hant', 'zh'],
    ['zh;q=0,en;q=0.1', 'en'],
    ['zh;q=x', 'en'],
  ])('%j is %s', (header, language) => {
    expect(languageOf(header)).toBe(language)
  })

  it('has a text for every refusal, in both', () => {
    for (const code of Object.keys(refusalStatus) as (keyof typeof refusalStatus)[])
      for (const { title, detail } of Object.values(problemTexts[code])) expect(title && detail).toBeTruthy()
  })
})

describe('the table of answers to who joins', () => {
  it('says in docs/api.md what the code does', () => {
    const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
    const section = page.split('## Joining a flash sale')[1]?.split('\n## ')[0] ?? ''
    const rows = [...section.matchAll(/^\| (`[^|]+) \| (\d+)[^|]*\|([^|]*)/gm)].flatMap(
      ([, names = '', status, more = '']) =>
        [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({
          name,
          status: Number(status),
          code: /`code` (\d+)/.exec(more)?.[1],
        })),
    )
    expect(Object.fromEntries(rows.map(({ name, status }) => [name, status]))).toEqual(joinStatus)
    const codes = rows.flatMap(({ name, code }) => (code === undefined ? [] : [[name, Number(code)]]))
    expect(Object.fromEntries(codes)).toEqual(joinCode)
  })
})

/** A request as the client writes it, header by header. */
function raw(headers: Record<string, string>, chunks: string[]): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${harness.url}/v1/quotes`, { method: 'POST', headers }, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0 })
    })
    sent.on('error', reject)
    for (const chunk of chunks) sent.write(chunk)
    sent.end()
  })
}
