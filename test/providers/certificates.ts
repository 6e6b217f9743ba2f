import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

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

type Certificate = {
  from: Date
  to: Date
  subject?: string
  serial?: string
  keys?: { publicKey: string; privateKey: string }
}

/**
 * A certificate that signs itself (RFC 5280, 4.1), of this key pair or of a fresh one: in PEM, with its
 * private key. `serial`: hexadecimal.
 */
export function certificate({
  from,
  to,
  subject = '1900000109',
  serial = '01',
  keys = keyPair(),
}: Certificate): {
  cert: string
  key: string
} {
  const publicKey = createPublicKey(keys.publicKey).export({ type: 'spki', format: 'der' })
  const commonName = sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(subject)))
  const name = sequence(der(0x31, commonName))
  const version3 = der(0xa0, der(0x02, Buffer.from([2])))
  const number = der(0x02, Buffer.from(serial, 'hex'))
  const content = sequence(version3, number, algorithm, name, sequence(time(from), time(to)), name, publicKey)
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, createPrivateKey(keys.privateKey)))
  const lines = sequence(content, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n')
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key: keys.privateKey }
}

const keyPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
