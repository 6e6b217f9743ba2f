import { type Fen, fen } from '../domain/money.ts'

const fenOf = (whole: string, part = ''): Fen => fen(`${whole}${part.padEnd(2, '0')}`)

/**
 * An amount in yuan as providers tell it (`0.01`, `19.9`, `100`), exactly as fen. Undefined for everything else: more than two decimals, signs,
 * exponents, blanks, digits that are not ASCII.
 */
export function parseYuan(text: string): Fen | undefined {
  const [, whole, part] = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text) ?? []
  return whole === undefined ? undefined : fenOf(whole, part)
}

/**
 * A column of a bill: `12.3` → 1230 fen, exactly (账单金额单位为元), with a sign, and with more decimals where they are zeros. Throws on what is no
 * amount, on parts of a fen, and on what PostgreSQL's bigint could not hold.
 */
export function fenOfYuan(text: string): Fen {
  const [, sign, whole, part] = /^(-?)(\d{1,15})(?:\.(\d{1,2})0*)?$/.exec(text) ?? []
  if (whole === undefined) throw new RangeError(`${JSON.stringify(text.slice(0, 40))} is no amount in yuan`)
  return fenOf(`${sign}${whole}`, part)
}
