import { generateKeyPairSync, type KeyObject } from 'node:crypto'

let key: KeyObject | undefined

/**
 * A key that is no provider's: what forged answers and notifications are signed with. Made at its first use.
 */
export function forgersKey(): KeyObject {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return key
}
