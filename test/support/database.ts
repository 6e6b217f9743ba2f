import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { connect, type Db } from '../../db/client.ts'

export type FreshDatabase = { url: string; db: Db; drop(): Promise<void> }

/** A database of a test file's own, with the schema and nothing in it. */
export async function freshDatabase(debug?: (statement: string) => void): Promise<FreshDatabase> {
  const server = inject('databaseUrl')
  const name = `floodgate_${randomBytes(6).toString('hex')}`
  await onServer(server, (sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE floodgate_template`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const db = connect(url.href, debug ? { debug } : {})
  return {
    url: url.href,
    db,
    async drop() {
      await db.close()
      await onServer(server, (sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`)
    },
  }
}

async function onServer(url: string, work: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}
