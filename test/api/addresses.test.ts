import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { held } from '../support/gates.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { home } from './shop.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

const create = async ({ api }: Buyer, more: { isDefault?: boolean; label?: string } = {}) => {
  const answer = await api.v1.addresses.$post({ json: { ...home, ...more } })
  expect(answer.status).toBe(201)
  if (answer.status !== 201) throw new Error('not created')
  return answer.json()
}
const list = async ({ api }: Buyer) => {
  const answer = await api.v1.addresses.$get()
  if (answer.status !== 200) throw new Error('not listed')
  return (await answer.json()).addresses
}
const at = (harness: Harness, id: string) => `${harness.url}/v1/addresses/${id}`
const headers = ({ token }: Buyer) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
})

describe('addresses', () => {
  it('makes the first one the default, and a later one only when asked', async () => {
    const buyer = await harness.newBuyer()
    const first = await create(buyer)
    expect(first).toMatchObject({ ...home, postCode: '', label: '', isDefault: true })
    expect((await create(buyer)).isDefault).toBe(false)
    const third = await create(buyer, { isDefault: true })
    expect((await list(buyer)).map(({ id, isDefault }) => [id, isDefault])[0]).toEqual([third.id, true])
    expect((await list(buyer)).filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  it('has exactly one default when many come at once', async () => {
    const buyer = await harness.newBuyer()
    await Promise.all(Array.from({ length: 8 }, (_, i) => create(buyer, { isDefault: i % 2 === 0 })))
    expect((await list(buyer)).filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  it('changes what is given, and moves the default', async () => {
    const buyer = await harness.newBuyer()
    const [first, second] = [await create(buyer), await create(buyer)]
    const answer = await buyer.api.v1.addresses[':id'].$patch({
      param: { id: second.id },
      json: { street: '新街 2 号', isDefault: true },
    })
    expect(await answer.json()).toEqual({ ...second, street: '新街 2 号', isDefault: true })
    expect((await list(buyer)).find(({ id }) => id === first.id)?.isDefault).toBe(false)
  })

  it('says when to ask again where a lock is held for longer than a request waits', async () => {
    const buyer = await harness.newBuyer()
    const { id } = await create(buyer)
    const change = () =>
      buyer.api.v1.addresses[':id'].$patch({ param: { id }, json: { street: '新街 2 号' } })
    const holding = await held(
      harness.db.sql,
      (tx) => tx`SELECT 1 FROM users WHERE id = ${buyer.id} FOR UPDATE`,
    )
    const answer = await change()
    await holding.commit()
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'server_away' }),
    ])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await change()).status).toBe(200)
  })

  it('passes the default on when it is removed', async () => {
    const buyer = await harness.newBuyer()
    const [first, second] = [await create(buyer), await create(buyer)]
    expect((await buyer.api.v1.addresses[':id'].$delete({ param: { id: first.id } })).status).toBe(204)
    expect(await list(buyer)).toEqual([{ ...second, isDefault: true }])
    expect((await buyer.api.v1.addresses[':id'].$delete({ param: { id: first.id } })).status).toBe(404)
  })

  it("answers 404 for somebody else's, and leaves it as it is", async () => {
    const [owner, other] = [await harness.newBuyer(), await harness.newBuyer()]
    const address = await create(owner)
    expect(
      (
        await other.api.v1.addresses[':id'].$patch({
          param: { id: address.id },
          json: { street: 'mine now' },
        })
      ).status,
    ).toBe(404)
    expect((await other.api.v1.addresses[':id'].$delete({ param: { id: address.id } })).status).toBe(404)
    expect(await list(owner)).toEqual([address])
    expect(await list(other)).toEqual([])
  })

  it('takes fifty at the most', async () => {
    const buyer = await harness.newBuyer()
    for (let i = 0; i < 50; i++) await create(buyer)
    const answer = await buyer.api.v1.addresses.$post({ json: home })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'addresses_full' })
  })

  it.each([
    ['an unknown field', { ...home, vip: true }, 'vip'],
    ['a missing one', { ...home, phone: undefined }, 'phone'],
    ['a phone that is none', { ...home, phone: 'call me' }, 'phone'],
    ['an empty name', { ...home, name: '  ' }, 'name'],
    ['a zero byte', { ...home, street: 'a\u0000b' }, 'street'],
    ['a long text', { ...home, city: 'x'.repeat(31) }, 'city'],
    ['a text that is a number', { ...home, city: 7 }, 'city'],
  ])('refuses %s with 422 and the field', async (_, body, field) => {
    const buyer = await harness.newBuyer()
    const answer = await fetch(`${harness.url}/v1/addresses`, {
      method: 'POST',
      headers: headers(buyer),
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ code: 'validation', field, errors: [{ field }] })
    expect(await list(buyer)).toEqual([])
  })

  it('never just unmakes the default', async () => {
    const buyer = await harness.newBuyer()
    const address = await create(buyer)
    const answer = await fetch(at(harness, address.id), {
      method: 'PATCH',
      headers: headers(buyer),
      body: JSON.stringify({ isDefault: false }),
    })
    expect(answer.status).toBe(422)
  })
})
