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
export type ProblemCode = RefusalCode | ApiProblemCode
export type Language = 'en' | 'zh'
type Text = Record<Language, { title: string; detail: string }>

const text = (title: string, detail: string, titleZh: string, detailZh: string): Text => ({
  en: { title, detail },
  zh: { title: titleZh, detail: detailZh },
})

/** Title and detail of every problem, in both languages. */
export const problemTexts: Record<ProblemCode, Text> = {
  quote_expired: text(
    'Quote expired',
    'Prices have to be looked up again; nothing was ordered.',
    '报价已过期',
    '请重新确认价格，订单未提交。',
  ),
  quote_forged: text(
    'Quote not valid',
    'This quote is not one of ours, or not yours.',
    '报价无效',
    '该报价不是本店签发的，或不属于您。',
  ),
  token_reused: text(
    'Quote already used',
    'This quote became an order with other choices.',
    '报价已使用',
    '该报价已用于另一个内容不同的订单。',
  ),
  empty_order: text('Nothing to order', 'Choose at least one item.', '没有商品', '请至少选择一件商品。'),
  quantity_invalid: text(
    'Quantity not possible',
    'A quantity is a whole number from 1 to 999.',
    '数量无效',
    '数量须为 1 到 999 的整数。',
  ),
  sku_unknown: text('Unknown item', 'There is no such item.', '商品不存在', '找不到该商品。'),
  not_on_sale: text(
    'Not on sale',
    'This item is not on sale at the moment.',
    '商品已下架',
    '该商品目前不在售。',
  ),
  price_changed: text(
    'Price changed',
    'The price of an item is not the quoted one any more.',
    '价格已变动',
    '商品价格与报价不一致，请重新确认。',
  ),
  amount_changed: text(
    'Amount changed',
    'The total is not the quoted one any more.',
    '金额已变动',
    '订单金额与报价不一致，请重新确认。',
  ),
  out_of_stock: text(
    'Out of stock',
    'There are not enough pieces of some items.',
    '库存不足',
    '部分商品库存不足。',
  ),
  coupon_unavailable: text(
    'Coupon not usable',
    'This coupon cannot be used on this order.',
    '优惠券不可用',
    '该优惠券不能用于此订单。',
  ),
  balance_insufficient: text(
    'Balance too low',
    'The wallet holds less than that.',
    '余额不足',
    '钱包余额不足。',
  ),
  points_insufficient: text(
    'Not enough points',
    'Fewer points can be used than that.',
    '积分不足',
    '可用积分不足。',
  ),
  too_many_unpaid_orders: text(
    'Too many unpaid orders',
    'Pay or cancel one of your unpaid orders first.',
    '待付款订单过多',
    '请先支付或取消一个待付款订单，再继续下单。',
  ),
  too_many_pieces: text(
    'Too many unpaid pieces',
    'Your unpaid orders may hold no more pieces of this product.',
    '待付款商品数量超限',
    '您的待付款订单中，该商品的数量已达上限。',
  ),
  on_delivery_unavailable: text(
    'Cash on delivery is not available',
    'This order cannot be paid on delivery. Choose to pay online.',
    '不支持货到付款',
    '该订单不支持货到付款，请选择在线支付。',
  ),
  address_unknown: text(
    'Unknown address',
    'Choose one of your addresses.',
    '地址不存在',
    '请选择您的收货地址。',
  ),
  buyer_blocked: text('Account blocked', 'This account cannot place orders.', '账户受限', '该账户无法下单。'),
  unavailable: text(
    'Not possible right now',
    'Nothing has been changed. Try again in a minute.',
    '暂时无法处理',
    '未作任何更改，请稍后再试。',
  ),
  already_paid: text('Already paid', 'This order is paid.', '订单已支付', '该订单已支付。'),
  attempt_unsettled: text(
    'Payment under way',
    'The last try to pay is not settled yet.',
    '支付处理中',
    '上一次支付尚未有结果，请稍后再试。',
  ),
  order_closing: text(
    'Order is closing',
    'This order is being closed and takes no payment.',
    '订单关闭中',
    '订单正在关闭，无法支付。',
  ),
  order_closed: text('Order closed', 'This order is closed.', '订单已关闭', '该订单已关闭。'),
  not_payable: text(
    'Not possible for this order',
    "The order's status does not allow it.",
    '订单状态不允许',
    '订单当前状态不允许此操作。',
  ),
  payment_refused: text(
    'Payment refused',
    'The payment provider refused. Try another channel.',
    '支付被拒绝',
    '支付渠道拒绝了请求，请换一种方式。',
  ),
  too_many_attempts: text(
    'Too many payment attempts',
    'This order has been tried to be paid too often. Place a new one.',
    '支付尝试次数过多',
    '该订单的支付尝试次数过多，请重新下单。',
  ),
  not_refundable: text(
    'Not refundable',
    "The order's status does not allow a refund.",
    '无法退款',
    '订单当前状态不允许退款。',
  ),
  nothing_to_refund: text(
    'Nothing to refund',
    'All of it has been refunded already, or nothing was chosen.',
    '没有可退的金额',
    '已全部退款，或未选择退款内容。',
  ),
  refund_exceeds: text(
    'More than is left',
    'Fewer pieces of this line can be refunded; see available.',
    '超出可退数量',
    '该商品可退数量不足，详见 available。',
  ),
  refund_reused: text(
    'Key already used',
    'This key stands for another refund.',
    '幂等键已使用',
    '该幂等键已用于另一笔退款。',
  ),
  refund_unknown: text(
    'No such refund',
    'There is no refund of money with this number.',
    '退款不存在',
    '没有该编号的退款。',
  ),
  refund_not_failed: text(
    'Refund has not failed',
    'Only a refund that the provider could not make can be issued anew or recorded as paid by hand; see state.',
    '退款未失败',
    '只有渠道无法完成的退款才能重新发起或登记为人工打款，详见 state。',
  ),
  session_unknown: text(
    'No such session',
    'There is no flash sale of this id.',
    '场次不存在',
    '没有该编号的秒杀场次。',
  ),
  session_ended: text('Session ended', 'This flash sale is over.', '场次已结束', '本场秒杀已结束。'),
  session_exists: text(
    'Session exists',
    'A session of this id exists, with other content.',
    '场次已存在',
    '该编号的场次已存在，且内容不同。',
  ),
  offer_unknown: text(
    'No such offer',
    'This session does not offer this item.',
    '商品不在场次中',
    '本场秒杀没有该商品。',
  ),
  offer_exists: text(
    'Offer exists',
    'This session offers this item already, on other terms.',
    '商品已在场次中',
    '该商品已在本场秒杀中，且条件不同。',
  ),
  quota_short: text(
    'Not enough stock',
    'The warehouse has fewer pieces; see available.',
    '库存不足',
    '仓库可用库存不足，详见 available。',
  ),
  quota_below_granted: text(
    'Quota too low',
    'More pieces are granted already; see least.',
    '配额过低',
    '已发放的数量超过该配额，详见 least。',
  ),

  sold_out: text(
    'Sold out',
    'Too few pieces are left; what is not paid for comes back.',
    '已抢光',
    '剩余数量不足，未付款的商品会重新放出。',
  ),
  not_open: text(
    'Not open yet',
    'See opensAt; tokens are given from a minute before it.',
    '尚未开始',
    '开始时间见 opensAt，开始前一分钟可领取令牌。',
  ),
  ended: text('Over', 'This flash sale is over.', '已结束', '本场秒杀已结束。'),
  already_bought: text(
    'Already bought',
    'You have bought as many pieces as a buyer may.',
    '已购买',
    '您已达到购买数量上限。',
  ),
  over_limit: text(
    'Too many pieces',
    'With these you would have more than a buyer may; see limit.',
    '超出限购',
    '超过每人限购数量，详见 limit。',
  ),
  bad_token: text(
    'Token not valid',
    'It is spent, out of date, or not yours. Fetch a new one.',
    '令牌无效',
    '令牌已使用、已过期或不属于您，请重新领取。',
  ),
  cooling_off: text(
    'Wait before joining again',
    'You have let a ticket of this offer go unpaid; see until.',
    '请稍后再参与',
    '您有该商品的名额未付款，再次参与的时间见 until。',
  ),
  paused: text(
    'Paused for a moment',
    'Nothing was decided. Try again in a moment.',
    '暂停中',
    '尚未处理您的请求，请稍后再试。',
  ),
  rate_limited: text(
    'Too many requests',
    'Wait as long as Retry-After says.',
    '请求过于频繁',
    '请按 Retry-After 稍后再试。',
  ),
  captcha_required: text(
    'Captcha needed',
    'Solve the challenge in captcha, and ask again with the solution.',
    '需要验证',
    '请完成 captcha 中的验证，并带上结果重新请求。',
  ),
  captcha_wrong: text(
    'Captcha not passed',
    'The solution is wrong, used, or too late; captcha has the next challenge.',
    '验证未通过',
    '验证结果有误、已使用或已过期，请完成 captcha 中新的验证。',
  ),
  no_ticket: text(
    'No ticket',
    'You have not joined, or not been let in.',
    '没有排队记录',
    '您尚未参与，或未获得资格。',
  ),
  too_many_streams: text(
    'Too many event streams',
    'You have as many open as a buyer may. Ask for the ticket every few seconds instead.',
    '事件流过多',
    '您打开的事件流已达上限，请改为每隔几秒查询一次。',
  ),
  streams_off: text(
    'No event streams now',
    'Ask for the ticket every few seconds instead.',
    '暂不提供事件流',
    '请改为每隔几秒查询一次。',
  ),

  unauthenticated: text('Sign in first', 'A valid token is needed.', '请先登录', '需要有效的登录凭证。'),
  sign_in_away: text(
    'Sign-in cannot be checked',
    'The keys that verify tokens cannot be fetched. Try again in a moment.',
    '暂时无法验证登录',
    '暂时无法获取验证登录凭证的密钥，请稍后再试。',
  ),
  cross_site: text(
    'Request from another site',
    'A cookie is taken from our own pages only.',
    '跨站请求',
    '仅接受来自本站页面的请求。',
  ),
  forbidden: text(
    'Not for you',
    'The role of this account does not allow it.',
    '无权操作',
    '当前账户的角色无权执行此操作。',
  ),
  not_found: text('Not found', 'There is nothing here for you.', '未找到', '找不到您要的内容。'),
  bad_request: text(
    'Not a request',
    'This is no HTTP request that can be read.',
    '请求无法识别',
    '无法识别该 HTTP 请求。',
  ),
  request_timeout: text('Too slow', 'The request did not arrive in time.', '请求超时', '请求未能及时送达。'),
  headers_too_large: text(
    'Headers too large',
    'All headers together hold at most 16 KiB.',
    '请求头过大',
    '请求头总大小不得超过 16 KiB。',
  ),
  server_away: text(
    'Not possible right now',
    'A server that is needed does not answer. Ask again: what was done is not done twice.',
    '服务暂时不可用',
    '所需的服务暂时没有响应，请稍后重试；重复提交不会重复处理。',
  ),
  method_not_allowed: text(
    'Not this way',
    'This path takes other methods; see Allow.',
    '请求方法不支持',
    '该路径支持的方法见 Allow。',
  ),
  malformed_json: text(
    'Not valid JSON',
    'There is no body, or it could not be read as JSON.',
    'JSON 格式错误',
    '缺少请求内容，或无法解析。',
  ),
  body_too_large: text(
    'Body too large',
    'A body holds at most 64 KiB.',
    '请求内容过大',
    '请求内容不得超过 64 KiB。',
  ),
  not_json: text(
    'Not JSON',
    'Send the body as application/json.',
    '不是 JSON',
    '请以 application/json 格式发送请求。',
  ),
  validation: text(
    'Not as expected',
    'Some fields are not as expected; see errors.',
    '参数有误',
    '部分字段不符合要求，详见 errors。',
  ),
  cart_full: text(
    'Cart full',
    'The cart has no place for another item.',
    '购物车已满',
    '购物车无法再添加商品。',
  ),
  too_many_carts: text(
    'Too many carts',
    'Sign in to fill a cart: this network has as many carts of visitors as it may.',
    '购物车过多',
    '当前网络的访客购物车过多，请登录后再添加商品。',
  ),
  addresses_full: text(
    'Too many addresses',
    'Remove an address before adding one.',
    '地址过多',
    '请先删除不用的地址。',
  ),
  still_being_done: text(
    'Not done yet',
    'It may still be done. Look again, or ask again: with the same Idempotency-Key it is done once.',
    '尚未完成',
    '操作可能仍会完成。请稍后查看，或使用相同的 Idempotency-Key 重试。',
  ),
  not_ready: text(
    'Not ready',
    'A dependency does not answer; see dependencies.',
    '服务未就绪',
    '有依赖的服务没有响应。',
  ),
  fault: text(
    'Something went wrong',
    'It is our fault and has been noted. Try again.',
    '服务出错',
    '系统故障已记录，请稍后再试。',
  ),
}

/** The better of our two languages for an Accept-Language header; English when it names neither. */
export function languageOf(header: string | undefined): Language {
  if (!header) return 'en'
  const asked = header.split(',').map((part, i) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const q = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='))
    return { language: tag.split('-')[0], weight: q === undefined ? 1 : Number(q.slice(2)) || 0, i }
  })
  const ours = asked.filter(({ language, weight }) => weight > 0 && (language === 'zh' || language === 'en'))
  return ours.sort((a, b) => b.weight - a.weight || a.i - b.i)[0]?.language === 'zh' ? 'zh' : 'en'
}
