/** The merchant that the stand-in knows. */
export type WechatV2Sandbox = {
  mchId: string
  appId: string
  /** API密钥 (v2), 32 characters: signs requests, answers and notifications, and encrypts refund notices. */
  key: string
}
