import { auditWhenDue } from '../../services/operations/audits.ts'
import type { JobsDeps } from './deps.ts'

/** Audits the books when it is time, and logs what does not add up. Always 0: the next look has a pause. */
export async function auditBooks({ sql, log, auditEveryHours }: JobsDeps): Promise<number> {
  if (auditEveryHours === 0) return 0
  const found = await auditWhenDue(sql, auditEveryHours)
  const differences = Object.fromEntries(Object.entries(found ?? {}).filter(([, wrongs]) => wrongs > 0))
  if (Object.keys(differences).length > 0)
    log.error({ differences }, 'the books do not add up: npm run audit lists the rows')
  return 0
}
