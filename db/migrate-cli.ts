import { migrate } from './migrate.ts'

/** `npm run migrate`: brings the database of DATABASE_URL to this version's schema. */
const url = process.env.DATABASE_URL
if (!url) {
  console.error('Set DATABASE_URL, e.g. postgres://user:password@127.0.0.1:5432/floodgate')
  process.exit(1)
}
await migrate(url)
console.log('The database is at this version.')
