/** 微信支付公钥 are named `PUB_KEY_ID_…`; platform certificates by their serial. */
export const isPublicKeyId = (id: string): boolean => id.startsWith('PUB_KEY_ID_')

/**
 * The one form of a certificate's serial, whichever tool it was copied from: upper-case hexadecimal digits
 * without colons or blanks, in whole bytes, without superfluous leading zeros, as `openssl x509 -noout
 * -serial` prints it. The id of a public key: in upper case.
 */
export function canonicalSerial(text: string): string {
  const upper = text.replace(/[\s:]/g, '').toUpperCase()
  if (isPublicKeyId(upper)) return upper
  const digits = upper.replace(/^0+/, '')
  return digits.length % 2 === 0 ? digits : `0${digits}`
}
