import type { ProblemCode } from '../codes.ts'
import { type Text, text } from './text.ts'

/** Quotes, orders, payments and refunds. */
export const orderTexts = {
  quote_expired: text(
    ['Quote expired', 'Prices have to be looked up again; nothing was ordered.'],
    ['报价已过期', '请重新确认价格，订单未提交。'],
  ),
  quote_forged: text(
    ['Quote not valid', 'This quote is not one of ours, or not yours.'],
    ['报价无效', '该报价不是本店签发的，或不属于您。'],
  ),
  token_reused: text(
    ['Quote already used', 'This quote became an order with other choices.'],
    ['报价已使用', '该报价已用于另一个内容不同的订单。'],
  ),
  empty_order: text(['Nothing to order', 'Choose at least one item.'], ['没有商品', '请至少选择一件商品。']),
  quantity_invalid: text(
    ['Quantity not possible', 'A quantity is a whole number from 1 to 999.'],
    ['数量无效', '数量须为 1 到 999 的整数。'],
  ),
  sku_unknown: text(['Unknown item', 'There is no such item.'], ['商品不存在', '找不到该商品。']),
  not_on_sale: text(
    ['Not on sale', 'This item is not on sale at the moment.'],
    ['商品已下架', '该商品目前不在售。'],
  ),
  price_changed: text(
    ['Price changed', 'The price of an item is not the quoted one any more.'],
    ['价格已变动', '商品价格与报价不一致，请重新确认。'],
  ),
  amount_changed: text(
    ['Amount changed', 'The total is not the quoted one any more.'],
    ['金额已变动', '订单金额与报价不一致，请重新确认。'],
  ),
  out_of_stock: text(
    ['Out of stock', 'There are not enough pieces of some items.'],
    ['库存不足', '部分商品库存不足。'],
  ),
  coupon_unavailable: text(
    ['Coupon not usable', 'This coupon cannot be used on this order.'],
    ['优惠券不可用', '该优惠券不能用于此订单。'],
  ),
  balance_insufficient: text(
    ['Balance too low', 'The wallet holds less than that.'],
    ['余额不足', '钱包余额不足。'],
  ),
  points_insufficient: text(
    ['Not enough points', 'Fewer points can be used than that.'],
    ['积分不足', '可用积分不足。'],
  ),
  too_many_unpaid_orders: text(
    ['Too many unpaid orders', 'Pay or cancel one of your unpaid orders first.'],
    ['待付款订单过多', '请先支付或取消一个待付款订单，再继续下单。'],
  ),
  too_many_pieces: text(
    ['Too many unpaid pieces', 'Your unpaid orders may hold no more pieces of this product.'],
    ['待付款商品数量超限', '您的待付款订单中，该商品的数量已达上限。'],
  ),
  on_delivery_unavailable: text(
    ['Cash on delivery is not available', 'This order cannot be paid on delivery. Choose to pay online.'],
    ['不支持货到付款', '该订单不支持货到付款，请选择在线支付。'],
  ),
  address_unknown: text(
    ['Unknown address', 'Choose one of your addresses.'],
    ['地址不存在', '请选择您的收货地址。'],
  ),
  buyer_blocked: text(
    ['Account blocked', 'This account cannot place orders.'],
    ['账户受限', '该账户无法下单。'],
  ),
  unavailable: text(
    ['Not possible right now', 'Nothing has been changed. Try again in a minute.'],
    ['暂时无法处理', '未作任何更改，请稍后再试。'],
  ),
  already_paid: text(['Already paid', 'This order is paid.'], ['订单已支付', '该订单已支付。']),
  attempt_unsettled: text(
    ['Payment under way', 'The last try to pay is not settled yet.'],
    ['支付处理中', '上一次支付尚未有结果，请稍后再试。'],
  ),
  order_closing: text(
    ['Order is closing', 'This order is being closed and takes no payment.'],
    ['订单关闭中', '订单正在关闭，无法支付。'],
  ),
  order_closed: text(['Order closed', 'This order is closed.'], ['订单已关闭', '该订单已关闭。']),
  not_payable: text(
    ['Not possible for this order', "The order's status does not allow it."],
    ['订单状态不允许', '订单当前状态不允许此操作。'],
  ),
  payment_refused: text(
    ['Payment refused', 'The payment provider refused. Try another channel.'],
    ['支付被拒绝', '支付渠道拒绝了请求，请换一种方式。'],
  ),
  too_many_attempts: text(
    ['Too many payment attempts', 'This order has been tried to be paid too often. Place a new one.'],
    ['支付尝试次数过多', '该订单的支付尝试次数过多，请重新下单。'],
  ),
  not_refundable: text(
    ['Not refundable', "The order's status does not allow a refund."],
    ['无法退款', '订单当前状态不允许退款。'],
  ),
  nothing_to_refund: text(
    ['Nothing to refund', 'All of it has been refunded already, or nothing was chosen.'],
    ['没有可退的金额', '已全部退款，或未选择退款内容。'],
  ),
  refund_exceeds: text(
    ['More than is left', 'Fewer pieces of this line can be refunded; see available.'],
    ['超出可退数量', '该商品可退数量不足，详见 available。'],
  ),
  refund_reused: text(
    ['Key already used', 'This key stands for another refund.'],
    ['幂等键已使用', '该幂等键已用于另一笔退款。'],
  ),
  refund_unknown: text(
    ['No such refund', 'There is no refund of money with this number.'],
    ['退款不存在', '没有该编号的退款。'],
  ),
  refund_not_failed: text(
    [
      'Refund has not failed',
      'Only a refund that the provider could not make can be issued anew or recorded as paid by hand; see state.',
    ],
    ['退款未失败', '只有渠道无法完成的退款才能重新发起或登记为人工打款，详见 state。'],
  ),
} satisfies Partial<Record<ProblemCode, Text>>
