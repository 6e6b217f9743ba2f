import { parseArgs } from 'node:util'
import { z } from 'zod'
import { ConfigurationError } from '../domain/configuration.ts'
import { isSessionId } from '../domain/flash-sale.ts'
import { isId, type SessionId, type SkuId } from '../domain/ids.ts'
import { openBrakes } from '../runtime/brakes.ts'
import { readEnv } from '../runtime/read-env.ts'
import { storeVariables } from '../runtime/store-variables.ts'
import type { Brakable } from '../services/flash-sales/apply-terms.ts'
import { type Braked, resumeSale, shedSale, stopSale, wantCaptcha } from '../services/flash-sales/brakes.ts'
import { setSwitch } from '../services/operations/switches.ts'

const usage = `npm run sale -- stop SESSION [SKU]          lets nobody in; tickets that are granted go on
npm run sale -- resume SESSION [SKU]        lets buyers in again
npm run sale -- shed PERCENT SESSION [SKU]  refuses so many of a hundred tokens; 0: none
npm run sale -- captcha on|off SESSION      whether a token costs a captcha
npm run sale -- streams on|off              event streams of all API processes; off: pages poll`

type Brakes = Awaited<ReturnType<typeof openBrakes>>
type Command = (brakes: Brakes) => Promise<string>

/**
 * `npm run sale`: the brakes of flash sales. They need PostgreSQL and Redis alone. Exits 1 when it refuses,
 * or a gate was not reached.
 */
function commandOf([what, ...rest]: string[]): Command {
  switch (what) {
    case 'stop':
    case 'resume': {
      const named = brakable(rest)
      const act = what === 'stop' ? stopSale : resumeSale
      return braking(named, (brakes) => act(brakes, named))
    }
    case 'shed': {
      const [percent = '', ...named] = rest
      if (!/^(100|\d{1,2})$/.test(percent))
        throw new ConfigurationError('PERCENT is a whole number from 0 to 100')
      const sale = brakable(named)
      return braking(sale, (brakes) => shedSale(brakes, sale, Number(percent)))
    }
    case 'captcha': {
      const [word, ...named] = rest
      const [on, { session }] = [isOn(word), brakable(named)]
      return async ({ sql, events }) => {
        await wantCaptcha(sql, session, on)
        await events.announceSession(session)
        return `Session ${session}: a token costs ${on ? 'a' : 'no'} captcha.`
      }
    }
    case 'streams': {
      const on = isOn(rest[0])
      return async ({ sql }) => {
        await setSwitch(sql, 'event_streams', on)
        return `Event streams are ${on ? 'on' : 'off'}; every API process heeds it within two seconds.`
      }
    }
    default:
      throw new ConfigurationError(usage)
  }
}

const braking =
  ({ session }: Brakable, brake: (brakes: Brakes) => Promise<Braked>): Command =>
  async (brakes) => {
    const { offers, pending } = await brake(brakes)
    await brakes.events.announceSession(session)
    if (pending.length === 0) return `Done: ${offers.length} offer(s) of session ${session}.`
    process.exitCode = 1
    return (
      `PostgreSQL has it. The gates of ${pending.join(', ')} were not reached: ` +
      'they get it with their supervisor’s next look, or when they are loaded.'
    )
  }

function brakable([session = '', sku, ...more]: string[]): Brakable {
  if (!isSessionId(session) || (sku !== undefined && !isId(sku)) || more.length > 0)
    throw new ConfigurationError(usage)
  return { session: session as SessionId, ...(sku === undefined ? {} : { sku: sku as SkuId }) }
}

function isOn(word: string | undefined): boolean {
  if (word !== 'on' && word !== 'off') throw new ConfigurationError(usage)
  return word === 'on'
}

try {
  const command = commandOf(parseArgs({ allowPositionals: true }).positionals)
  const brakes = await openBrakes(readEnv(z.object(storeVariables), process.env))
  try {
    console.log(await command(brakes))
  } finally {
    await brakes.close()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
