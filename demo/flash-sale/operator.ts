import type { SkuId } from '../../domain/ids.ts'
import { shanghaiDigits } from '../../domain/shanghai-time.ts'
import { tokenSigner } from '../../local/sign-in.ts'

export type Sale = { session: string; sku: SkuId; opensAt: number }

/** An operator of the shop, over HTTP. */
export function hireOperator(url: string, privateKey: string) {
  const token = tokenSigner(privateKey)('1', { role: 'operator' })
  const call = async (
    method: 'GET' | 'POST',
    path: string,
    json?: object,
  ): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${url}/v1/ops/sessions${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(json ? { 'content-type': 'application/json' } : {}) },
      ...(json ? { body: JSON.stringify(json) } : {}),
    })
    const body = (await answer.json()) as Record<string, unknown> // The API answers objects.
    if (!answer.ok)
      throw new Error(
        `the operator's ${method} ${path} was answered ${answer.status}: ${JSON.stringify(body)}`,
      )
    return body
  }
  return {
    /** Plans a session that opens in a moment. */
    async plan(
      { sku, warehouse, quota }: { sku: SkuId; warehouse: number; quota: number },
      { opensAt, payWithinS }: { opensAt: number; payWithinS: number },
    ): Promise<Sale> {
      const made = await call('POST', '', {
        id: `${hourOf(opensAt)}-demo${Date.now().toString(36)}`,
        opensAt: new Date(opensAt).toISOString(),
        endsAt: new Date(opensAt + 30 * 60_000).toISOString(),
        payWithinS,
        offers: [{ sku, price: { fen: '9900', currency: 'CNY' }, quota, limit: 1, warehouse }],
      })
      return { session: String(made.id), sku, opensAt }
    },
    end: (session: string) => call('POST', `/${session}/end`),
    session: (session: string) => call('GET', `/${session}`),
  }
}

const hourOf = (moment: number): string => shanghaiDigits(moment).slice(0, 10)
