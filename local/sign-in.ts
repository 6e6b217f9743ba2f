import { createPrivateKey, sign } from 'node:crypto'

/** Who signs the tokens of the local stack, and whom they are for. */
export const signIn = { issuer: 'https://id.floodgate.test', audience: 'floodgate' }

/**
 * Signs bearer tokens (JWT, RS256) as a shop's sign-in would, with the local stack's own key: for the demo,
 * benchmarks and tests alone.
 *
 * @param privateKey PEM, of the key whose public half is JWT_PUBLIC_KEY
 * @returns signs a token of this subject that lives two hours; `claims`: more of its payload, such as `role`
 */
export function tokenSigner(privateKey: string): (subject: string, claims?: object) => string {
  const key = createPrivateKey(privateKey)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ alg: 'RS256' })
  return (sub, claims) => {
    const iat = Math.floor(Date.now() / 1000)
    const payload = { sub, iat, exp: iat + 7200, iss: signIn.issuer, aud: signIn.audience, ...claims }
    const text = `${header}.${encode(payload)}`
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
  }
}
