import { generateKeyPairSync, sign } from 'node:crypto'

/** One value of DER: its tag, its length, what it holds. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const held = Buffer.concat(parts)
  const size = held.length < 128 ? [held.length] : [0x82, held.length >> 8, held.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), held])
}
const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
/** sha256WithRSAEncryption */
const algorithm = sequence(der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05))
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().slice(0, 19).replace(/\D/g, '')}Z`))

/** A self-signed certificate that is valid between two times, as a merchant's: PEM, with its key. */
export function certificate(from: Date, to: Date, subject = '1900000109'): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const commonName = sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(subject)))
  const name = sequence(der(0x31, commonName))
  const validity = sequence(time(from), time(to))
  const content = sequence(der(0x02, Buffer.from([1])), algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }))
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey))
  const lines = sequence(content, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
