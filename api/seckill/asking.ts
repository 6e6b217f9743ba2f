import type { Logger } from 'pino'
import { faultOf } from '../fault.ts'

/** Asks the gate something; `away` when it has no answer: then nothing may be concluded. */
export type AskGate = <T>(question: () => Promise<T>) => Promise<T | 'away'>

/** Whatever the gate throws means that it is away. The log hears of it once a second, however many ask. */
export function gateAsker(log: Logger): AskGate {
  let quietUntil = 0
  return async (question) => {
    try {
      return await question()
    } catch (error) {
      if (Date.now() >= quietUntil) {
        quietUntil = Date.now() + 1000
        log.warn({ fault: faultOf(error) }, 'the gate has no answer: buyers are told to try again')
      }
      return 'away'
    }
  }
}
