/** The part of autocannon 9 that the benchmarks use: https://github.com/mcollina/autocannon */
declare module 'autocannon' {
  type Request = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body: string }
  type Client = {
    setRequests(requests: Request[]): void
    on(event: 'response', listener: (status: number, bytes: number, tookMs: number) => void): void
  }
  type Result = {
    duration: number
    errors: number
    timeouts: number
    '2xx': number
    non2xx: number
    statusCodeStats: Record<string, { count: number }>
  }
  type Options = { url: string; connections: number; amount: number; setupClient(client: Client): void }
  export default function autocannon(options: Options): Promise<Result>
}
