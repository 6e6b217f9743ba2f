import * as z from 'zod'

const sceneSchema = z.strictObject({
  payer_client_ip: z.union([z.ipv4(), z.ipv6()]),
  device_id: z.string().max(32).optional(),
  store_info: z
    .strictObject({
      id: z.string().min(1).max(32),
      name: z.string().max(256).optional(),
      area_code: z.string().max(32).optional(),
      address: z.string().max(512).optional(),
    })
    .optional(),
})
const goodsSchema = z.strictObject({
  merchant_goods_id: z.string().min(1).max(32),
  wechatpay_goods_id: z.string().max(32).optional(),
  goods_name: z.string().max(256).optional(),
  quantity: z.int().positive(),
  unit_price: z.int().nonnegative(),
})

/**
 * What a creation must and may carry. Amounts are fen.
 * @see Native下单 https://pay.weixin.qq.com/doc/v3/merchant/4012791877
 */
const nativeSchema = z.strictObject({
  appid: z.string().min(1).max(32),
  mchid: z.string().min(1).max(32),
  description: z.string().min(1).max(127),
  out_trade_no: z.string().regex(/^[0-9A-Za-z_\-*|]{6,32}$/),
  time_expire: z.iso.datetime({ offset: true }).optional(),
  attach: z.string().max(128).optional(),
  notify_url: z
    .url({ protocol: /^https?$/ })
    .max(255)
    .refine((url) => !url.includes('?'), 'notify_url must carry no parameters'),
  goods_tag: z.string().max(32).optional(),
  support_fapiao: z.boolean().optional(),
  amount: z.strictObject({ total: z.int().positive(), currency: z.literal('CNY').optional() }),
  detail: z
    .strictObject({
      cost_price: z.int().nonnegative().optional(),
      invoice_id: z.string().max(32).optional(),
      goods_detail: z.array(goodsSchema).optional(),
    })
    .optional(),
  scene_info: sceneSchema.optional(),
  settle_info: z.strictObject({ profit_sharing: z.boolean().optional() }).optional(),
})
/** JSAPI/小程序下单: who pays, by the app's own openid. https://pay.weixin.qq.com/doc/v3/merchant/4012791856 */
const jsapiSchema = nativeSchema.extend({ payer: z.strictObject({ openid: z.string().min(1).max(128) }) })
/** H5下单: from which address, in what kind of browser. https://pay.weixin.qq.com/doc/v3/merchant/4012791834 */
const h5Schema = nativeSchema.extend({
  scene_info: sceneSchema.extend({
    h5_info: z.strictObject({
      type: z.enum(['iOS', 'Android', 'Wap']),
      app_name: z.string().max(64).optional(),
      app_url: z.string().max(128).optional(),
      bundle_id: z.string().max(128).optional(),
      package_name: z.string().max(128).optional(),
    }),
  }),
})
export const creationSchemas = { native: nativeSchema, jsapi: jsapiSchema, app: nativeSchema, h5: h5Schema }
export type Product = keyof typeof creationSchemas
export type Creation = z.infer<typeof nativeSchema> & Partial<Pick<z.infer<typeof jsapiSchema>, 'payer'>>
