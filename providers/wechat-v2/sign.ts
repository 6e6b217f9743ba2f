import { Hash } from 'wechatpay-axios-plugin'
import type { Merchant } from './config.ts'
import type { Fields } from './xml.ts'

/**
 * Whether WeChat made this document (安全规范 → 签名算法): signed with the merchant's key, by the algorithm that is configured and no other.
 * An answer that offers the other one is not believed: MD5, whose collisions can be made, must not get in where HMAC-SHA256 was chosen.
 */
export function isSigned({ key, sign }: Merchant, fields: Fields): boolean {
  if (fields.sign_type !== undefined && fields.sign_type !== '' && fields.sign_type !== sign) return false
  return fields.sign !== undefined && Hash.equals(Hash.sign(sign, fields, key), fields.sign)
}
