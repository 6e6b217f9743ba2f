import { z } from '@hono/zod-openapi'
import { flag, idOf, words } from './values.ts'

const says = {
  name: { description: 'Who receives the goods.', example: '张三' },
  phone: {
    description: 'The receiver’s phone: digits, with single spaces or hyphens.',
    example: '13800138000',
  },
  province: { description: 'The province; shipping is priced by it.', example: '浙江' },
  city: { description: 'The city.', example: '杭州' },
  district: { description: 'The district.', example: '西湖' },
  street: { description: 'Street, house and door.', example: '文三路 1 号' },
  postCode: { description: 'Up to ten digits; may be empty.', example: '310000' },
  label: { description: 'What its owner calls it; may be empty.', example: '家' },
}
const isDefault = 'Whether orders go there by default.'

const stored = z.string()
/** An address as it was when an order was placed. */
export const addressSnapshot = z
  .object({
    name: stored.openapi(says.name),
    phone: stored.openapi(says.phone),
    province: stored.openapi(says.province),
    city: stored.openapi(says.city),
    district: stored.openapi(says.district),
    street: stored.openapi(says.street),
    postCode: stored.openapi(says.postCode),
    label: stored.openapi(says.label),
  })
  .openapi('AddressSnapshot', { description: 'An address as it was when the order was placed.' })

export const addressSchema = z
  .object({ ...addressSnapshot.shape, id: idOf('The address’s id.'), isDefault: flag(isDefault) })
  .openapi('Address', { description: 'A buyer’s address.' })

const fields = {
  name: words(1, 50).openapi(says.name),
  phone: z
    .string()
    .trim()
    .regex(/^\+?\d(?:[ -]?\d){4,19}$/, { error: 'a phone number: 5 to 20 digits' })
    .openapi(says.phone),
  province: words(1, 30).openapi(says.province),
  city: words(1, 30).openapi(says.city),
  district: words(1, 30).openapi(says.district),
  street: words(1, 200).openapi(says.street),
  postCode: z
    .string()
    .trim()
    .regex(/^\d{0,10}$/, { error: 'a post code of digits' })
    .openapi(says.postCode),
  label: words(0, 20).openapi(says.label),
}

export const addressInput = z
  .strictObject({
    ...fields,
    postCode: fields.postCode.default(''),
    label: fields.label.default(''),
    isDefault: z.boolean().default(false).openapi({ description: isDefault, example: true }),
  })
  .openapi('NewAddress', { description: 'An address to add.' })

const makeDefault = 'Makes it the default one. There is always one: an address cannot just stop being it.'

export const addressChange = z
  .strictObject({
    ...fields,
    isDefault: z.literal(true).openapi({ description: makeDefault, example: true }),
  })
  .partial()
  .openapi('AddressChange', { description: 'What changes; what is absent stays.' })

export const addressList = z
  .object({ addresses: z.array(addressSchema).openapi({ description: 'At most 50.' }) })
  .openapi('Addresses', { description: 'A buyer’s addresses.' })
