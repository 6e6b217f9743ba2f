import type { RefusalCode } from '../../../domain/refusals.ts'
import type { JoinProblem } from '../../flash-sales/answers.ts'

/** What the API itself says no to; the rest are refusals of the business. */
export type ApiProblemCode =
  | JoinProblem
  | 'unauthenticated'
  | 'sign_in_away'
  | 'cross_site'
  | 'forbidden'
  | 'not_found'
  | 'bad_request'
  | 'request_timeout'
  | 'headers_too_large'
  | 'server_away'
  | 'method_not_allowed'
  | 'malformed_json'
  | 'body_too_large'
  | 'not_json'
  | 'validation'
  | 'cart_full'
  | 'too_many_carts'
  | 'addresses_full'
  | 'no_ticket'
  | 'too_many_streams'
  | 'streams_off'
  | 'still_being_done'
  | 'not_ready'
  | 'fault'

/** Every code that an answer of this API may have. */
export type ProblemCode = RefusalCode | ApiProblemCode
