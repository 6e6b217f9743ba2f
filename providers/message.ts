const most = 200

/** Forms of what identifies a buyer: e-mail, mainland phone, IPv4 and IPv6 address, WeChat openid. */
const personal = [
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  /(?<!\d)1[3-9]\d{9}(?!\d)/g,
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g,
  /(?<![\w:])(?:[\da-f]{0,4}:){2,7}[\da-f]{1,4}(?![\w:])/gi,
  /(?<![\w-])o[\w-]{27}(?![\w-])/g,
]

/**
 * A provider's explanation of a refusal, fit for a log: one line of at most 200 characters, in which what
 * identifies a buyer is `***`.
 * @param secrets Values of the request that must not appear, e.g. the buyer's openid.
 * @returns undefined when the provider explained nothing
 */
export function loggable(text: unknown, secrets: readonly (string | undefined)[] = []): string | undefined {
  if (typeof text !== 'string') return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a log
  const line = text.replace(/[\x00-\x1f\x7f\u2028\u2029]+/g, ' ').trim()
  const known = secrets.filter((secret) => secret !== undefined && secret !== '')
  const withoutKnown = known.reduce<string>((rest, secret) => rest.replaceAll(secret as string, '***'), line)
  const clean = personal.reduce((rest, form) => rest.replace(form, '***'), withoutKnown)
  return clean === '' ? undefined : Array.from(clean).slice(0, most).join('')
}
