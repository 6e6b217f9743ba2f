import type { Sql, Tx } from './types.ts'

type Work = (tx: Tx) => unknown
type Begin = (options: string, work: Work) => Promise<unknown>

/**
 * Keeps a process alive whose connection is cut within a transaction. postgres.js then sends the ROLLBACK, or the next statement, to a socket
 * that is gone, from a timer where nobody can catch it. So after the cut nothing is sent any more; `begin` itself rejects, as the database
 * has rolled back.
 */
export function surviveCuts(sql: Sql): void {
  const begin = sql.begin as Begin // The overload with options, which both forms come to.
  const surviving = (...args: [string, Work] | [Work]): Promise<unknown> => {
    const [options, work] = args.length === 2 ? args : (['', args[0]] as const)
    let cut = false
    const guarded = (tx: Tx): Promise<unknown> =>
      new Promise((resolve, reject) => {
        settled(() => work(unlessCut(tx, () => cut))).then(
          (result) => cut || resolve(result),
          (error) => cut || isCut(error) || reject(error),
        )
      })
    return begin(options, guarded).catch((error) => {
      cut = true
      throw error
    })
  }
  Object.assign(sql, { begin: surviving })
}

/** As postgres.js takes it: a list of statements is awaited as one. */
async function settled(work: () => unknown): Promise<unknown> {
  const result = work()
  return Array.isArray(result) ? Promise.all(result) : result
}

const unlessCut = (tx: Tx, cut: () => boolean): Tx =>
  new Proxy(tx, {
    apply(statement, self, args) {
      if (cut()) throw new Error('the connection was cut: this transaction is rolled back')
      return Reflect.apply(statement, self, args)
    },
  })

const isCut = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE'].includes(String(error.code))
