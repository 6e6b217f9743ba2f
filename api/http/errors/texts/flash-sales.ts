import type { ProblemCode } from '../codes.ts'
import { type Text, text } from './text.ts'

/** Sessions, offers, joins and tickets. */
export const flashSaleTexts = {
  session_unknown: text(
    ['No such session', 'There is no flash sale of this id.'],
    ['场次不存在', '没有该编号的秒杀场次。'],
  ),
  session_ended: text(['Session ended', 'This flash sale is over.'], ['场次已结束', '本场秒杀已结束。']),
  session_exists: text(
    ['Session exists', 'A session of this id exists, with other content.'],
    ['场次已存在', '该编号的场次已存在，且内容不同。'],
  ),
  offer_unknown: text(
    ['No such offer', 'This session does not offer this item.'],
    ['商品不在场次中', '本场秒杀没有该商品。'],
  ),
  offer_exists: text(
    ['Offer exists', 'This session offers this item already, on other terms.'],
    ['商品已在场次中', '该商品已在本场秒杀中，且条件不同。'],
  ),
  quota_short: text(
    ['Not enough stock', 'The warehouse has fewer pieces; see available.'],
    ['库存不足', '仓库可用库存不足，详见 available。'],
  ),
  quota_below_granted: text(
    ['Quota too low', 'More pieces are granted already; see least.'],
    ['配额过低', '已发放的数量超过该配额，详见 least。'],
  ),
  sold_out: text(
    ['Sold out', 'Too few pieces are left; what is not paid for comes back.'],
    ['已抢光', '剩余数量不足，未付款的商品会重新放出。'],
  ),
  not_open: text(
    ['Not open yet', 'See opensAt; tokens are given from a minute before it.'],
    ['尚未开始', '开始时间见 opensAt，开始前一分钟可领取令牌。'],
  ),
  ended: text(['Over', 'This flash sale is over.'], ['已结束', '本场秒杀已结束。']),
  already_bought: text(
    ['Already bought', 'You have bought as many pieces as a buyer may.'],
    ['已购买', '您已达到购买数量上限。'],
  ),
  over_limit: text(
    ['Too many pieces', 'With these you would have more than a buyer may; see limit.'],
    ['超出限购', '超过每人限购数量，详见 limit。'],
  ),
  bad_token: text(
    ['Token not valid', 'It is spent, out of date, or not yours. Fetch a new one.'],
    ['令牌无效', '令牌已使用、已过期或不属于您，请重新领取。'],
  ),
  cooling_off: text(
    ['Wait before joining again', 'You have let a ticket of this offer go unpaid; see until.'],
    ['请稍后再参与', '您有该商品的名额未付款，再次参与的时间见 until。'],
  ),
  paused: text(
    ['Paused for a moment', 'Nothing was decided. Try again in a moment.'],
    ['暂停中', '尚未处理您的请求，请稍后再试。'],
  ),
  rate_limited: text(
    ['Too many requests', 'Wait as long as Retry-After says.'],
    ['请求过于频繁', '请按 Retry-After 稍后再试。'],
  ),
  captcha_required: text(
    ['Captcha needed', 'Solve the challenge in captcha, and ask again with the solution.'],
    ['需要验证', '请完成 captcha 中的验证，并带上结果重新请求。'],
  ),
  captcha_wrong: text(
    ['Captcha not passed', 'The solution is wrong, used, or too late; captcha has the next challenge.'],
    ['验证未通过', '验证结果有误、已使用或已过期，请完成 captcha 中新的验证。'],
  ),
  no_ticket: text(
    ['No ticket', 'You have not joined, or not been let in.'],
    ['没有排队记录', '您尚未参与，或未获得资格。'],
  ),
  too_many_streams: text(
    [
      'Too many event streams',
      'You have as many open as a buyer may. Ask for the ticket every few seconds instead.',
    ],
    ['事件流过多', '您打开的事件流已达上限，请改为每隔几秒查询一次。'],
  ),
  streams_off: text(
    ['No event streams now', 'Ask for the ticket every few seconds instead.'],
    ['暂不提供事件流', '请改为每隔几秒查询一次。'],
  ),
} satisfies Partial<Record<ProblemCode, Text>>
