/** What a run of mutation testing needs to know of the folder or file that it is for. */
export type Plan = {
  /** The files whose mutants are tried, as globs. */
  mutate: string[]
  /** The tests that could kill them, as globs. */
  tests: string[]
  /** Whether these tests need PostgreSQL, Redis and Temporal. */
  servers: boolean
  /**
   * Whether the mutants run inside of Temporal's workflow sandbox. Which test reaches one cannot be seen from
   * outside then: each mutant gets all tests of the plan.
   */
  workflows: boolean
}

/**
 * Which tests kill the mutants of which folder: those of the same path, and those named here. Few, as one
 * mutant costs as long as all tests that reach it.
 */
const alsoTestedBy: Readonly<Record<string, readonly string[]>> = {
  domain: ['test/services/orders/price-quote.unit.test.ts'],
  'services/buyers': ['test/api/addresses.test.ts', 'test/api/tokens.test.ts'],
  'services/inventory': ['test/services/orders/*.test.ts', 'test/services/payments/refund-*.test.ts'],
  'services/operations': ['test/workers/jobs/*.test.ts'],
  'workflows/attention': ['test/workflows/closing.test.ts'],
  'workflows/paid-or-closed': ['test/workflows/closing.test.ts'],
  'workflows/order': ['test/workflows/p*.test.ts', 'test/workflows/closing.test.ts'],
  'workflows/signals': ['test/workflows/p*.test.ts', 'test/workflows/closing.test.ts'],
  'workflows/local-first': ['test/workflows/placing.test.ts'],
  'workflows/plan-statements': ['test/workflows/reconcile.test.ts'],
  'workflows/plan-slots': ['test/services/flash-sales/sessions/plan-slots.test.ts'],
}

/** The plan for a folder or a file of the product: `domain`, `services/orders`, `workflows/placing.ts`. */
export function planOf(path: string): Plan {
  const name = path.replace(/\/$/, '').replace(/\.ts$/, '')
  const [folder = ''] = name.split('/')
  const servers = !['domain', 'providers'].includes(folder)
  const own = servers
    ? [`test/${name}.test.ts`, `test/${name}.unit.test.ts`, `test/${name}/**/*.test.ts`]
    : [`test/${folder}/**/*.unit.test.ts`]
  const others = Object.entries(alsoTestedBy).flatMap(([place, tests]) =>
    name === place || name.startsWith(`${place}/`) ? tests : [],
  )
  return {
    mutate: [path.endsWith('.ts') ? path : `${name}/**/*.ts`],
    tests: [...own, ...others],
    servers,
    workflows: folder === 'workflows',
  }
}
