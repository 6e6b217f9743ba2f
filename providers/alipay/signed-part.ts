/**
 * The part of an answer that is signed, exactly as it was written, and its signature. The pattern matches the
 * whole text, so what is verified is what is read, and nothing else is.
 *
 * @param name The answer's key, e.g. `alipay_trade_query_response`.
 * @see 同步返回结果验签 https://opendocs.alipay.com/common/02mse7
 */
export function signedPart(text: string, name: string): { node: string; sign: string } | undefined {
  const sign = '"sign"\\s*:\\s*"(?<sign>[\\w+/=\\\\]+)"'
  const node = `"${name}"\\s*:\\s*(?<node>\\{.*\\})`
  const serial = '(?:"alipay_cert_sn"\\s*:\\s*"\\w*"\\s*,\\s*)?'
  const { groups } =
    new RegExp(`^\\s*\\{\\s*${node}\\s*,\\s*${serial}${sign}\\s*\\}\\s*$`, 's').exec(text) ??
    new RegExp(`^\\s*\\{\\s*${sign}\\s*,\\s*${node}\\s*\\}\\s*$`, 's').exec(text) ??
    {}
  return groups?.node === undefined || groups.sign === undefined
    ? undefined
    : { node: groups.node, sign: groups.sign.replaceAll('\\', '') }
}

/**
 * Why Alipay says it refuses in an answer that it did not sign, for the log alone: it signs nothing when it
 * does not know the application.
 */
export function unsignedExplanation(text: string): string | undefined {
  const textOf = (key: string): string | undefined =>
    new RegExp(`"${key}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(text)?.[1]
  const code = textOf('sub_code') ?? textOf('code')
  if (code === '10000') return undefined
  const message = textOf('sub_msg') ?? textOf('msg') ?? textOf('message')
  return [code, message].filter((part) => part !== undefined).join(': ') || undefined
}
