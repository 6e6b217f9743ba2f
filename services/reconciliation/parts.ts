import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Sql } from '../../db/types.ts'

/** How much of the raw text a part holds, before it is compressed. */
export const partBytes = 1 << 18

const unpacked = promisify(gunzip)

/** The raw text of a stored statement, a part after the other. */
export async function* rawOf(sql: Sql, statement: bigint): AsyncGenerator<Uint8Array> {
  for (let part = 0; ; part++) {
    const [found] = await sql<{ content: Buffer }[]>`
      SELECT content
      FROM statement_parts
      WHERE statement = ${statement}
        AND part = ${part}`
    if (!found) return
    // In one piece: what is joined is held twice.
    yield await unpacked(found.content, { chunkSize: partBytes + 1024 })
  }
}
