import { z } from '@hono/zod-openapi'
import { words } from './values.ts'

/** An address as it was when an order was placed. */
export const addressSnapshot = z
  .object({
    name: z.string(),
    phone: z.string(),
    province: z.string(),
    city: z.string(),
    district: z.string(),
    street: z.string(),
    postCode: z.string(),
    label: z.string(),
  })
  .openapi('AddressSnapshot')

export const addressSchema = addressSnapshot
  .extend({ id: z.string(), isDefault: z.boolean() })
  .openapi('Address')

const fields = {
  name: words(1, 50),
  phone: z
    .string()
    .trim()
    .regex(/^\+?[0-9][0-9 -]{4,19}$/, { error: 'a phone number' }),
  province: words(1, 30),
  city: words(1, 30),
  district: words(1, 30),
  street: words(1, 200),
  postCode: z
    .string()
    .trim()
    .regex(/^[0-9]{0,10}$/, { error: 'a post code of digits' }),
  label: words(0, 20),
}

export const addressInput = z
  .strictObject({
    ...fields,
    postCode: fields.postCode.default(''),
    label: fields.label.default(''),
    isDefault: z.boolean().default(false),
  })
  .openapi('NewAddress')

/** There is always one default: an address is made it, never just unmade. */
export const addressChange = z
  .strictObject({ ...fields, isDefault: z.literal(true) })
  .partial()
  .openapi('AddressChange')
