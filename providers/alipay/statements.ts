import * as z from 'zod'
import type { Statements } from '../provider.ts'
import { billRows } from './bill.ts'
import type { Client } from './client.ts'
import type { Merchant } from './config.ts'
import { unzipped } from './unzip.ts'

const answerSchema = z.object({ bill_download_url: z.url({ protocol: /^https?$/ }) })
const billTypes = { trade: 'trade', fund_flow: 'signcustomer' } as const
const downloadMs = 600_000

/**
 * A day's bills: Alipay gives an address, good for 30 s, of a zip of two CSVs in GBK: the detail, which is
 * kept, and its sums. A day's bills are ready at nine the next morning, in China.
 *
 * @see 查询对账单下载地址 alipay.data.dataservice.bill.downloadurl.query https://opendocs.alipay.com/open/028woc
 */
export function alipayStatements({ call }: Client, merchant: Merchant): Statements {
  return {
    kinds: ['trade', 'fund_flow'],
    readyFromHour: 9,
    async fetch(kind, date) {
      const content = { bill_type: billTypes[kind], bill_date: date }
      const until = AbortSignal.timeout(merchant.timeoutMs)
      const reply = await call('alipay.data.dataservice.bill.downloadurl.query', content, until)
      if (reply.is === 'refusal' && reply.final && /(^|\.)bill_not_exist$/i.test(reply.code)) return 'none'
      if (reply.is !== 'answer') {
        const why = reply.message === undefined ? reply.code : `${reply.code} (${reply.message})`
        throw new Error(`alipay has no ${kind} statement of ${date}: ${why}`)
      }
      const { bill_download_url } = answerSchema.parse(reply.body)
      const response = await fetch(asSecure(bill_download_url, merchant.gateway), {
        signal: AbortSignal.timeout(downloadMs),
        redirect: 'error',
      })
      if (!response.ok || !response.body)
        throw new Error(`alipay's ${kind} statement of ${date} can't be downloaded: HTTP ${response.status}`)
      return unzipped(response.body, (name) => name.endsWith('.csv') && !name.includes('汇总'))
    },
    rows: (raw) => billRows(raw, merchant),
  }
}

/**
 * The file itself is not signed: where the gateway is reached by https, so is the address that it gives, even
 * one written with http.
 */
function asSecure(address: string, gateway: string): URL {
  const url = new URL(address)
  if (gateway.startsWith('https:')) url.protocol = 'https:'
  return url
}
