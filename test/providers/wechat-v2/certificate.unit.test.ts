import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { afterAll, expect, it } from 'vitest'
import { certificate } from '../certificates.ts'
import { shared } from './harness.ts'

const day = 86_400_000
const gateway = certificate({
  from: new Date(Date.now() - day),
  to: new Date(Date.now() + day),
  subject: 'localhost',
})
const merchant = certificate({ from: new Date(Date.now() - day), to: new Date(Date.now() + day) })
const folder = mkdtempSync(join(tmpdir(), 'floodgate-certificate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process of its own, because Node reads whom to trust at its start only. */
const program = `
import { wechatV2 } from ${JSON.stringify(new URL('../../../providers/wechat-v2/wechat-v2.ts', import.meta.url).href)}
const wechat = wechatV2({ ...JSON.parse(process.env.CONFIG), notifyUrl: 'https://shop.example/v1/notify/wechat/v2' })
const refund = { refund: 'r1', attempt: '7', transaction: '42', amount: 1n, captured: 1n, currency: 'CNY' }
console.log(JSON.stringify(await wechat.refund(refund)))
process.exit()
`
async function refunds(port: number, trusted: string): Promise<string> {
  const config = { baseUrl: `https://localhost:${port}`, ...shared, certificate: merchant }
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_EXTRA_CA_CERTS: trusted,
      CONFIG: JSON.stringify(config),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return text(child.stdout)
}

it('shows the merchant’s certificate to the gateway that it trusts, and sends nothing to another', async () => {
  const trusted = join(folder, 'gateway.pem')
  writeFileSync(trusted, gateway.cert)
  const shown: string[] = []
  const server = createServer(
    { ...gateway, requestCert: true, rejectUnauthorized: false },
    ({ socket, url }, response) => {
      shown.push(`${url} ${socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : 'nobody'}`)
      response.writeHead(500).end()
    },
  )
  server.listen(0)
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  try {
    expect(JSON.parse(await refunds(port, trusted))).toMatchObject({ is: 'unknown', code: 'HTTP_500' })
    expect(shown).toEqual(['/secapi/pay/refund 1900000109'])
    expect(JSON.parse(await refunds(port, ''))).toMatchObject({
      is: 'unknown',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    expect(shown).toHaveLength(1)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}, 60_000)
