export { order } from './order.ts'
export { planSlots } from './plan-slots.ts'
export { refund } from './refund.ts'
export { session } from './session.ts'
