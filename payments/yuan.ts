import { type Fen, fen } from '../domain/money.ts'

/**
 * `12.3` → 1230 fen, exactly: providers write amounts in yuan (账单金额单位为元). Throws on what is no amount, on parts of a fen, and on what
 * PostgreSQL's bigint could not hold.
 */
export function fenOfYuan(text: string): Fen {
  const [, sign, whole, part = ''] = /^(-?)(\d{1,15})(?:\.(\d{1,2})0*)?$/.exec(text) ?? []
  if (whole === undefined) throw new RangeError(`${JSON.stringify(text.slice(0, 40))} is no amount in yuan`)
  return fen(`${sign}${whole}${part.padEnd(2, '0')}`)
}
