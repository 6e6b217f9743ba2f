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
 * 查询对账单下载地址 (alipay.data.dataservice.bill.downloadurl.query): an address that is good for 30 s, of a zip of two CSVs in GBK: the detail,
 * which is kept, and its sums. The day's are made by nine the next morning.
 */
export function alipayStatements({ call }: Client, merchant: Merchant): Statements {
  return {
    kinds: ['trade', 'fund_flow'],
    readyFromHour: 9,
    async fetch(kind, date) {
      const content = { bill_type: billTypes[kind], bill_date: date }
      const answer = await call(
        'alipay.data.dataservice.bill.downloadurl.query',
        content,
        AbortSignal.timeout(merchant.timeoutMs),
      )
      if (answer.heard === 'refusal' && answer.final && /(^|\.)bill_not_exist$/i.test(answer.code))
        return 'none'
      if (answer.heard !== 'answer')
        throw new Error(`alipay has no ${kind} statement of ${date}: ${answer.code}`)
      const { bill_download_url } = answerSchema.parse(answer.body)
      const response = await fetch(securely(bill_download_url, merchant.gateway), {
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

/** Nothing signs the file itself: where the gateway is spoken to securely, so is the address that it names, though it be written with http. */
function securely(address: string, gateway: string): URL {
  const url = new URL(address)
  if (gateway.startsWith('https:')) url.protocol = 'https:'
  return url
}
