import { parseArgs } from 'node:util'
import { ConfigurationError } from '../domain/configuration.ts'
import { isId, type UserId } from '../domain/ids.ts'
import { connect, type Sql } from '../runtime/container.ts'
import { readEnv, tokenVariables } from '../runtime/environment.ts'
import { blockUser, withdrawTokens } from '../services/buyers/withdrawals.ts'

const usage = `npm run tokens -- withdraw --jti ID                     one token
npm run tokens -- withdraw --user ID [--before ISO]      a user's tokens of before (default: now)
npm run tokens -- withdraw --everybody [--before ISO]    everybody's
npm run tokens -- block --user ID                        the account changes nothing any more
npm run tokens -- unblock --user ID`

/** `npm run tokens`: withdraws tokens and blocks accounts. API processes heed it within five seconds. */
async function run(sql: Sql, maxLifeS: number): Promise<string> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      jti: { type: 'string' },
      user: { type: 'string' },
      everybody: { type: 'boolean' },
      before: { type: 'string' },
    },
  })
  const [what] = positionals
  const { jti, user, everybody } = values
  const before = values.before === undefined ? new Date() : new Date(values.before)
  if (Number.isNaN(before.getTime()))
    throw new ConfigurationError('--before is no moment; write 2026-03-01T08:00:00Z')
  if (user !== undefined && !isId(user))
    throw new ConfigurationError('--user is the id of a user, a decimal number')
  if (what === 'withdraw' && [jti, user, everybody].filter((one) => one !== undefined).length === 1) {
    if (jti !== undefined) await withdrawTokens(sql, { jti }, maxLifeS)
    else if (user !== undefined) await withdrawTokens(sql, { user: user as UserId, before }, maxLifeS)
    else await withdrawTokens(sql, { everybody: true, before }, maxLifeS)
    return 'Withdrawn; every API process heeds it within five seconds.'
  }
  if ((what === 'block' || what === 'unblock') && user !== undefined) {
    if (!(await blockUser(sql, user as UserId, what === 'block')))
      throw new ConfigurationError(`There is no user ${user}.`)
    return `User ${user} is ${what}ed; every API process heeds it within five seconds.`
  }
  throw new ConfigurationError(usage)
}

try {
  const env = readEnv(tokenVariables, process.env)
  const db = connect(env.DATABASE_URL, { max: 1 })
  try {
    console.log(await run(db.sql, env.JWT_MAX_LIFE_S))
  } finally {
    await db.close()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
