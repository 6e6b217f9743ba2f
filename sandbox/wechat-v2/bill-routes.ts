import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, Hono } from 'hono'
import { withFaults } from '../faults.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Switchboard } from '../switches.ts'
import type { BillBook } from '../wechat-v3/bills.ts'
import type { Fields } from './xml.ts'

type Env = { Bindings: HttpBindings }
type File = ReturnType<BillBook['file']>
type Container = {
  bills: BillBook
  switches: Switchboard
  /** The request's fields, or why it isn't believed. */
  verified(c: Context<Env>): Promise<Fields | Response>
  refuse(fields: Fields, status?: number): Response
}

/** The words of v2 for why there is no bill. */
const messages = new Map([
  ['NO_STATEMENT_EXIST', 'No Bill Exist'],
  ['STATEMENT_CREATING', 'Bill Creating'],
])

/**
 * 下载交易账单, 下载资金账单: the bill itself, unsigned, in answer to a signed request; a refusal in XML, unsigned too.
 */
export function billRoutes(app: Hono<Env>, { bills, switches, verified, refuse }: Container): void {
  const bill = (path: string, of: 'trade' | 'fundFlow') =>
    app.post(path, async (c) => {
      const fields = await verified(c)
      if (fields instanceof Response) return fields
      if (of === 'fundFlow' && fields.sign_type !== 'HMAC-SHA256')
        return refuse({ return_msg: 'SIGN ERROR', error_code: '20001' })
      const date = fields.bill_date?.replace(/^(....)(..)(..)$/, '$1-$2-$3') ?? ''
      return withFaults<File | GatewayRefusal>(c, switches, {
        operation: 'bill',
        trade: undefined,
        act: async () => {
          try {
            return bills.file(bills[of](date, fields.tar_type === 'GZIP').token)
          } catch (error) {
            if (error instanceof GatewayRefusal) return error
            throw error
          }
        },
        failed: ({ status, code, unsigned }) => refuse({ return_msg: code }, unsigned ? status : 200),
        reply(answer) {
          if (answer instanceof GatewayRefusal)
            return refuse({ return_msg: messages.get(answer.code) ?? answer.code, error_code: '20002' })
          const { outgoing } = c.env
          outgoing.writeHead(200, {
            'Content-Type': 'application/x-gzip',
            'Content-Length': answer.bytes.length,
          })
          if (answer.breakOff)
            outgoing.write(answer.bytes.subarray(0, answer.bytes.length >> 1), () => outgoing.destroy())
          else outgoing.end(answer.bytes)
          return RESPONSE_ALREADY_SENT
        },
      })
    })
  bill('/pay/downloadbill', 'trade')
  bill('/pay/downloadfundflow', 'fundFlow')
}
