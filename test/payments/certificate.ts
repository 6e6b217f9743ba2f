import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

const der = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...content: Buffer[]) => der(0x30, ...content)
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
const sha256WithRsa = sequence(Buffer.from('06092a864886f70d01010b', 'hex'), Buffer.from('0500', 'hex'))
/** CN=test */
const name = sequence(der(0x31, sequence(Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('test')))))

/** A certificate (PEM) of this key, signed by itself: what a platform certificate of WeChat's looks like (RFC 5280, 4.1). */
export function certificate(keys: { publicKey: string; privateKey: string }, serial: string, until: Date): string {
  const publicKey = createPublicKey(keys.publicKey).export({ type: 'spki', format: 'der' })
  const number = der(0x02, Buffer.from(serial, 'hex'))
  const validity = sequence(time(new Date(until.getTime() - 5 * 365 * 86_400_000)), time(until))
  const version3 = der(0xa0, Buffer.from('020102', 'hex'))
  const signed = sequence(version3, number, sha256WithRsa, name, validity, name, publicKey)
  const signature = sign('sha256', signed, createPrivateKey(keys.privateKey))
  const whole = sequence(signed, sha256WithRsa, der(0x03, Buffer.from([0]), signature))
  return `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`
}
