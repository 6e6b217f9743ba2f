import type { ProblemCode } from '../codes.ts'
import { type Text, text } from './text.ts'

/** Requests as such: who asks, in what form, and what this process can do just now. */
export const requestTexts = {
  unauthenticated: text(['Sign in first', 'A valid token is needed.'], ['请先登录', '需要有效的登录凭证。']),
  sign_in_away: text(
    ['Sign-in cannot be checked', 'The keys that verify tokens cannot be fetched. Try again in a moment.'],
    ['暂时无法验证登录', '暂时无法获取验证登录凭证的密钥，请稍后再试。'],
  ),
  cross_site: text(
    ['Request from another site', 'A cookie is taken from our own pages only.'],
    ['跨站请求', '仅接受来自本站页面的请求。'],
  ),
  forbidden: text(
    ['Not for you', 'The role of this account does not allow it.'],
    ['无权操作', '当前账户的角色无权执行此操作。'],
  ),
  not_found: text(['Not found', 'There is nothing here for you.'], ['未找到', '找不到您要的内容。']),
  bad_request: text(
    ['Not a request', 'This is no HTTP request that can be read.'],
    ['请求无法识别', '无法识别该 HTTP 请求。'],
  ),
  request_timeout: text(
    ['Too slow', 'The request did not arrive in time.'],
    ['请求超时', '请求未能及时送达。'],
  ),
  headers_too_large: text(
    ['Headers too large', 'All headers together hold at most 16 KiB.'],
    ['请求头过大', '请求头总大小不得超过 16 KiB。'],
  ),
  server_away: text(
    [
      'Not possible right now',
      'A server that is needed does not answer. Ask again: what was done is not done twice.',
    ],
    ['服务暂时不可用', '所需的服务暂时没有响应，请稍后重试；重复提交不会重复处理。'],
  ),
  method_not_allowed: text(
    ['Not this way', 'This path takes other methods; see Allow.'],
    ['请求方法不支持', '该路径支持的方法见 Allow。'],
  ),
  malformed_json: text(
    ['Not valid JSON', 'There is no body, or it could not be read as JSON.'],
    ['JSON 格式错误', '缺少请求内容，或无法解析。'],
  ),
  body_too_large: text(
    ['Body too large', 'A body holds at most 64 KiB.'],
    ['请求内容过大', '请求内容不得超过 64 KiB。'],
  ),
  not_json: text(
    ['Not JSON', 'Send the body as application/json.'],
    ['不是 JSON', '请以 application/json 格式发送请求。'],
  ),
  validation: text(
    ['Not as expected', 'Some fields are not as expected; see errors.'],
    ['参数有误', '部分字段不符合要求，详见 errors。'],
  ),
  cart_full: text(
    ['Cart full', 'The cart has no place for another item.'],
    ['购物车已满', '购物车无法再添加商品。'],
  ),
  too_many_carts: text(
    ['Too many carts', 'Sign in to fill a cart: this network has as many carts of visitors as it may.'],
    ['购物车过多', '当前网络的访客购物车过多，请登录后再添加商品。'],
  ),
  addresses_full: text(
    ['Too many addresses', 'Remove an address before adding one.'],
    ['地址过多', '请先删除不用的地址。'],
  ),
  still_being_done: text(
    [
      'Not done yet',
      'It may still be done. Look again, or ask again: with the same Idempotency-Key it is done once.',
    ],
    ['尚未完成', '操作可能仍会完成。请稍后查看，或使用相同的 Idempotency-Key 重试。'],
  ),
  not_ready: text(
    ['Not ready', 'A dependency does not answer; see dependencies.'],
    ['服务未就绪', '有依赖的服务没有响应。'],
  ),
  fault: text(
    ['Something went wrong', 'It is our fault and has been noted. Try again.'],
    ['服务出错', '系统故障已记录，请稍后再试。'],
  ),
} satisfies Partial<Record<ProblemCode, Text>>
