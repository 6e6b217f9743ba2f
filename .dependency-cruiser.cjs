/**
 * The arrows (docs/architecture.md): what each folder may import. `npm run check` fails for any
 * other import, and for a cycle.
 */
const arrows = {
  domain: [],
  providers: ['domain'],
  challenges: ['domain'],
  redis: ['domain'],
  db: ['domain'],
  services: ['db', 'redis', 'providers/provider', 'domain'],
  activities: ['services', 'db/types', 'redis', 'providers/provider', 'domain'],
  // Of activities and services their types alone: test/workflows/imports.unit.test.ts.
  workflows: ['activities', 'services', 'domain'],
  runtime: ['activities', 'services', 'providers', 'challenges', 'redis', 'db', 'workflows', 'domain'],
  // Adapters come in by the container alone: it says which of their types may be named.
  api: ['runtime', 'services', 'db/reads', 'db/types', 'providers/provider', 'workflows', 'domain'],
  workers: ['runtime', 'services', 'db/reads', 'db/types', 'providers/provider', 'workflows', 'domain'],
  // It must not check the product with the product's own code.
  sandbox: [],
}

const product = Object.keys(arrows).filter((folder) => folder !== 'sandbox')
const outside = ['local', 'demo', 'sandbox', 'bench', 'test']
const inside = [...product, ...outside]
const pathOf = (place) => `^${place}(/|\\.)`

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(arrows).map(([folder, may]) => ({
      name: `${folder}-imports`,
      comment: `${folder}/ may import ${may.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: pathOf(folder) },
      to: { path: inside.map(pathOf), pathNot: [folder, ...may].map(pathOf) },
    })),
    {
      name: 'services-know-no-http-and-no-temporal',
      severity: 'error',
      from: { path: ['^services/', '^domain/', '^db/', '^redis/', '^providers/', '^challenges/'] },
      to: { path: ['^node_modules/hono', '^node_modules/@hono', '^node_modules/@temporalio'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.floodgate' },
  },
}
