import type { ProblemCode } from './codes.ts'
import { flashSaleTexts } from './texts/flash-sales.ts'
import { orderTexts } from './texts/orders.ts'
import { requestTexts } from './texts/requests.ts'
import type { Text } from './texts/text.ts'

/** Title and detail of every problem, in both languages. */
export const problemTexts: Record<ProblemCode, Text> = { ...orderTexts, ...flashSaleTexts, ...requestTexts }
