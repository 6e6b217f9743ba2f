export type { ActivityDeps } from './deps.ts'
export { createOrderActivities, type OrderActivities } from './orders.ts'
export { createPaymentActivities, type PaymentActivities } from './payments.ts'
export { createSessionActivities, type SessionActivities } from './sessions.ts'
