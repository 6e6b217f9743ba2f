import type { Ledger } from './ledger.ts'
import type { Switches } from './switches.ts'

export type { Ledger, Switches }

/** What the sandbox refused, with WeChat's code: `ORDER_CLOSED`, `ORDERPAID`, `ORDER_NOT_EXIST`. */
export class SandboxRefusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.name = 'SandboxRefusal'
    this.code = code
  }
}

type Shown = {
  state: string
  amount: string
  captured: string
  description: string
  transactionId: string
  failures: number
}

/**
 * The buyers' side and the switches of a running sandbox. Amounts are fen, in decimal strings. Throws
 * `SandboxRefusal`.
 */
export function sandboxClient(baseUrl: string) {
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${baseUrl}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
    const json: unknown = await answer.json()
    if (answer.ok) return json
    const { code, message } = json as { code: string; message: string } // control.ts words every refusal so
    throw new SandboxRefusal(code, message)
  }
  const trade = (outTradeNo: string, verb: string) =>
    call('POST', `/sandbox/trades/${encodeURIComponent(outTradeNo)}/${verb}`)

  // The casts below name what control.ts answers: both ends of this client are this folder's.
  return {
    /** The buyer scans and pays. Resolves when the money is taken; the notification follows by itself. */
    pay: async (outTradeNo: string) => (await trade(outTradeNo, 'pay')) as Shown,
    /** The buyer's payment fails; the trade stays payable. */
    fail: async (outTradeNo: string) => (await trade(outTradeNo, 'fail')) as Shown,
    /** The buyer walks away for good: the provider ends the trade. */
    close: async (outTradeNo: string) => (await trade(outTradeNo, 'close')) as Shown,
    /** A forged notification of a payment that never was; resolves when it has been answered. */
    forge: async (outTradeNo: string): Promise<void> => void (await trade(outTradeNo, 'forge')),
    /** Replaces the switches of one trade, or of all; `{}` turns them off. A trade need not exist yet. */
    switches: async (switches: Switches, outTradeNo?: string): Promise<void> => {
      await call('POST', '/sandbox/switches', { switches, ...(outTradeNo !== undefined && { outTradeNo }) })
    },
    ledger: async () => (await call('GET', '/sandbox/ledger')) as Ledger,
    healthy: async (): Promise<boolean> => {
      try {
        return (await fetch(`${baseUrl}/healthz`)).ok
      } catch {
        return false
      }
    },
  }
}
export type SandboxClient = ReturnType<typeof sandboxClient>
