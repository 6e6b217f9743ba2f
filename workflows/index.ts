export { order } from './order.ts'
export { refund } from './refund.ts'
