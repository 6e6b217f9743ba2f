/** The merchant that the stand-in knows. */
export type WechatV2Sandbox = {
  mchId: string
  appId: string
  /** API密钥 (v2), 32 characters: signs requests, answers and notifications, and encrypts refund notices. */
  key: string
  /** How old a trade has to be before it can be closed, ms (关闭订单: 最短调用时间间隔为5分钟); 300,000 by default. */
  closableAfterMs?: number
}
