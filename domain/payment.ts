/**
 * What the buyer needs to pay: a text to show as a QR code; parameters for WeChat's own browser (JSAPI调起支付);
 * an address to go to; or a form to post to the provider's page.
 */
export type OpenAnswer =
  | { kind: 'qr'; qr: string }
  | {
      kind: 'jsapi'
      appId: string
      timeStamp: string
      nonceStr: string
      package: string
      signType: 'RSA'
      paySign: string
    }
  | { kind: 'url'; url: string }
  | { kind: 'form'; action: string; fields: Record<string, string> }
