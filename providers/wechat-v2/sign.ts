import { Hash } from 'wechatpay-axios-plugin'
import { byName } from '../signed-text.ts'
import type { Merchant } from './config.ts'
import type { Fields } from './xml.ts'

/** What is signed: all fields that are not empty, but the sign itself, by name in ASCII order. */
export const signedFields = (fields: Fields): [string, string][] =>
  Object.entries(fields)
    .filter(
      (field): field is [string, string] => field[0] !== 'sign' && field[1] !== undefined && field[1] !== '',
    )
    .sort(byName)

/**
 * Whether WeChat has signed these fields, by the algorithm that is configured and no other. An answer that
 * offers the other one is not believed: MD5, whose collisions can be made, must not be accepted where
 * HMAC-SHA256 was chosen.
 *
 * @see 签名算法 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=4_3
 */
export function isSigned({ key, sign }: Merchant, fields: Fields): boolean {
  if (fields.sign_type !== undefined && fields.sign_type !== '' && fields.sign_type !== sign) return false
  return fields.sign !== undefined && Hash.equals(Hash.sign(sign, fields, key), fields.sign)
}
