import {
  DefaultLogger,
  makeTelemetryFilterString,
  type NativeConnectionOptions,
  Runtime,
} from '@temporalio/worker'
import type { Logger } from 'pino'
import { ConfigurationError } from '../domain/configuration.ts'
import type { WorkerEnv } from './environment.ts'

let installed = false

/**
 * Sends the Temporal SDK's own log lines, from warnings on, to ours, and serves its metrics for Prometheus if
 * a port is set. The SDK has one runtime a process: the first call counts.
 * https://docs.temporal.io/develop/typescript/observability
 */
export function installRuntime(
  log: Logger,
  {
    TEMPORAL_METRICS_PORT,
    HEALTH_HOST = '127.0.0.1',
  }: Partial<Pick<WorkerEnv, 'TEMPORAL_METRICS_PORT' | 'HEALTH_HOST'>> = {},
): void {
  if (installed) return
  installed = true
  const bindAddress = `${HEALTH_HOST.includes(':') ? `[${HEALTH_HOST}]` : HEALTH_HOST}:${TEMPORAL_METRICS_PORT}`
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (level === 'ERROR') log.error({ ...meta }, message)
      else log.warn({ ...meta }, message)
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) },
      ...(TEMPORAL_METRICS_PORT === undefined ? {} : { metrics: { prometheus: { bindAddress } } }),
    },
    shutdownSignals: [], // `runProcess` stops the parts in their order.
  })
}

type TemporalEnv = Pick<
  WorkerEnv,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS_CERT'
  | 'TEMPORAL_TLS_KEY'
  | 'TEMPORAL_TLS_CA'
>

/**
 * Address and credentials of Temporal. An API key, a client certificate and a private authority each mean
 * TLS: it is never dropped because one of them is incomplete.
 * @throws {ConfigurationError} for half a pair, and for credentials beside `TEMPORAL_TLS=off`
 */
export function temporalOf(env: TemporalEnv): NativeConnectionOptions {
  const { TEMPORAL_TLS_CERT: crt, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA: ca, TEMPORAL_API_KEY: apiKey } = env
  if ((crt === undefined) !== (key === undefined))
    throw new ConfigurationError(
      `${crt === undefined ? 'TEMPORAL_TLS_CERT' : 'TEMPORAL_TLS_KEY'}: set it too; a client certificate is of no use without its key.`,
    )
  const secured = crt ?? ca ?? apiKey
  if (secured !== undefined && env.TEMPORAL_TLS === 'off')
    throw new ConfigurationError(
      'TEMPORAL_TLS: it is off, and TEMPORAL_API_KEY, TEMPORAL_TLS_CERT or TEMPORAL_TLS_CA is set. Remove one or the other.',
    )
  const address = { address: env.TEMPORAL_ADDRESS, ...(apiKey ? { apiKey } : {}) }
  if (secured === undefined && env.TEMPORAL_TLS !== 'on') return address
  return {
    ...address,
    tls: {
      ...(crt && key ? { clientCertPair: { crt: Buffer.from(crt), key: Buffer.from(key) } } : {}),
      ...(ca ? { serverRootCACertificate: Buffer.from(ca) } : {}),
    },
  }
}
