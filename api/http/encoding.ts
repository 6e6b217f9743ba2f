/**
 * The first of these encodings that the client takes, by its `Accept-Encoding` (RFC 9110, 12.5.3); undefined:
 * the body goes as it is.
 */
export function encodingOf<E extends string>(header: string | undefined, ours: readonly E[]): E | undefined {
  if (header === undefined) return undefined
  const taken = header
    .split(',')
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/i.test(part))
    .map((part) => part.split(';')[0]?.trim().toLowerCase())
  return ours.find((one) => taken.includes(one))
}
