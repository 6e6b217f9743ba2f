import { metrics } from '../../runtime/metrics.ts'

/**
 * The value of a series as Prometheus reads it from this process, by its name and labels as they stand there;
 * undefined: there is none.
 */
export async function figure(series: string): Promise<number | undefined> {
  const lines = (await metrics.text()).split('\n')
  const line = lines.find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}
