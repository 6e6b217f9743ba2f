/** What a token's claim `role` may say. Each adds to what a buyer may do, and takes nothing away. */
const roles = ['buyer', 'operator', 'finance', 'admin'] as const
export type Role = (typeof roles)[number]

/** The role that a token's claim names, to the letter; anything else is a buyer. */
export const roleOf = (claim: unknown): Role => roles.find((role) => role === claim) ?? 'buyer'

type Right = { methods: readonly string[]; path: RegExp; roles: readonly Role[] }

const reads = ['GET', 'HEAD']
const anyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Who may do what under `/v1/ops`; the first line that fits decides, and what no line names is for admins.
 * Whoever plans sales moves no money, and whoever moves money plans no sales.
 */
const rights: readonly Right[] = [
  { methods: reads, path: /^\/v1\/ops\//, roles: ['operator', 'finance', 'admin'] },
  { methods: anyMethod, path: /^\/v1\/ops\/orders\/[^/]+\/refunds$/, roles: ['finance', 'admin'] },
  { methods: anyMethod, path: /^\/v1\/ops\/refunds(\/|$)/, roles: ['finance', 'admin'] },
  { methods: anyMethod, path: /^\/v1\/ops\/sessions(\/|$)/, roles: ['operator', 'admin'] },
  { methods: anyMethod, path: /^\/v1\/ops\/event-streams$/, roles: ['operator', 'admin'] },
]

/** Whether a role may make a request under `/v1/ops`. */
export function may(role: Role, { method, path }: { method: string; path: string }): boolean {
  const right = rights.find((one) => one.methods.includes(method) && one.path.test(path))
  return (right?.roles ?? ['admin']).includes(role)
}
