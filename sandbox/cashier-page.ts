import { html, raw } from 'hono/html'
import type { Shown } from './gateway.ts'

/** What the page shows: a trade, and what the provider said when it refused what the buyer asked for. */
export type Bill = Shown & { number: string; refusal: string | undefined }

type Html = ReturnType<typeof html>

/** The cashier's page of one trade. No script: forms alone. */
export function cashierPage(bill: Bill): Html {
  const { mood, en, zh } = meaningOf(bill)
  return page(html`
    <p class="what">${bill.description}</p>
    <p class="amount"><small>¥</small>${yuan(bill.amount)}</p>
    ${bill.captured > 0n && bill.captured !== bill.amount ? html`<p class="note">实付 charged ¥${yuan(bill.captured)}</p>` : ''}
    <p class="state ${mood}">${zh} <span>${en}</span></p>
    ${bill.refusal === undefined ? '' : html`<p class="refusal" role="alert">${bill.refusal}</p>`}
    ${mood === 'open' ? buttons(bill) : html`<p class="note">可以回到商店了。 You can go back to the shop.</p>`}
    <dl>
      <dt>单号 Number</dt><dd>${bill.number}</dd>
      ${bill.transactionId === undefined ? '' : html`<dt>交易号 Transaction</dt><dd>${bill.transactionId}</dd>`}
      ${bill.failures === 0 ? '' : html`<dt>失败 Failed tries</dt><dd>${bill.failures}</dd>`}
      <dt>状态 State</dt><dd>${bill.state}</dd>
    </dl>`)
}

/** There is no such trade, or not yet. */
export const noBill = (number: string): Html =>
  page(html`
    <p class="what">没有这笔交易</p>
    <p class="note">There is no trade ${number} here, or not yet:
      the shop makes it when an order's payment begins.</p>`)

const buttons = ({ number }: Bill): Html => {
  const form = (act: string, kind: string, { zh, en }: { zh: string; en: string }) =>
    html`<form method="post" action="/sandbox/cashier/${encodeURIComponent(number)}/${act}"><button class="${kind}">${zh} <span>${en}</span></button></form>`
  return html`<div class="acts">
      ${form('pay', 'go', { zh: '立即支付', en: 'Pay' })}
      ${form('fail', 'quiet', { zh: '余额不足', en: 'Fail: no money' })}
      ${form('close', 'quiet', { zh: '放弃并关闭', en: 'Walk away' })}
    </div>`
}

/**
 * A provider's word in the buyer's: WeChat's `trade_state`, Alipay's `trade_status`. What is not listed is
 * shown as it is.
 */
function meaningOf({ state, failures }: Bill): { mood: 'open' | 'paid' | 'over'; zh: string; en: string } {
  switch (state) {
    case 'NOTPAY':
    case 'USERPAYING':
    case 'PAYERROR':
    case 'WAIT_BUYER_PAY':
      return failures === 0
        ? { mood: 'open', zh: '等待付款', en: 'Waiting for you' }
        : { mood: 'open', zh: '支付失败，请再试', en: 'That failed: try again' }
    case 'SUCCESS':
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return { mood: 'paid', zh: '支付成功', en: 'Paid' }
    case 'REFUND':
      return { mood: 'over', zh: '已转入退款', en: 'Refunded' }
    case 'CLOSED':
    case 'TRADE_CLOSED':
      return { mood: 'over', zh: '交易已关闭', en: 'Closed' }
    default:
      return { mood: 'open', zh: state, en: '' }
  }
}

const yuan = (amount: bigint): string => `${amount / 100n}.${(amount % 100n).toString().padStart(2, '0')}`

const page = (content: Html): Html => html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>收银台 · Cashier (sandbox)</title>
<style>${raw(css)}</style>
</head>
<body>
<main>
<header>收银台 <span>Cashier</span><b>沙箱 sandbox · 不是真钱 no real money</b></header>
${content}
</main>
</body>
</html>`

const css = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --card: #fff; --ground: #eef1f5;
  --line: #e4e8ee; --go: #07894c; --bad: #b42318; --badground: #fef3f2 }
@media (prefers-color-scheme: dark) { :root { --ink: #e9edf3; --soft: #98a2b3; --card: #1b212b;
  --ground: #10141b; --line: #2c3440; --go: #0b8f52; --bad: #fda29b; --badground: #3a1a18 } }
* { box-sizing: border-box; margin: 0 }
body { background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  padding: 16px }
main { background: var(--card); border-radius: 16px; box-shadow: 0 8px 32px #10182814; margin: 5vh auto;
  max-width: 400px; overflow: hidden; padding: 0 24px 24px; text-align: center }
header { background: var(--go); color: #fff; font-weight: 600; margin: 0 -24px 28px;
  padding: 14px 24px 12px; text-align: left }
header b { display: block; font-size: 12px; font-weight: 400; opacity: .9 }
span { font-size: .85em; font-weight: 400; opacity: .8 }
.what { overflow-wrap: anywhere }
.amount { font-size: 48px; font-variant-numeric: tabular-nums; font-weight: 700; letter-spacing: -.02em;
  line-height: 1.2 }
.amount small { font-size: 24px; font-weight: 500; margin-right: 2px }
.state { border-radius: 99px; display: inline-block; font-size: 14px; margin: 8px 0 20px;
  padding: 3px 14px; background: var(--ground) }
.state.paid { background: var(--go); color: #fff }
.refusal { background: var(--badground); border-radius: 10px; color: var(--bad); font-size: 14px;
  margin-bottom: 16px; padding: 8px 12px }
.note { color: var(--soft); font-size: 14px; margin-bottom: 20px }
.acts { display: grid; gap: 10px; grid-template-columns: 1fr 1fr; margin-bottom: 24px }
.acts form:first-child { grid-column: 1 / -1 }
button { border: 0; border-radius: 10px; cursor: pointer; font: inherit; min-height: 48px; padding: 8px;
  width: 100% }
button.go { background: var(--go); color: #fff; font-weight: 600 }
button.quiet { background: none; border: 1px solid var(--line); color: var(--ink); font-size: 14px }
button:hover { filter: brightness(1.06) }
button:focus-visible { outline: 3px solid var(--go); outline-offset: 2px }
dl { border-top: 1px solid var(--line); display: grid; font-size: 13px; gap: 4px 12px;
  grid-template-columns: auto 1fr; padding-top: 16px; text-align: left }
dt { color: var(--soft) }
dd { overflow-wrap: anywhere; text-align: right; font-variant-numeric: tabular-nums }
`
