/** Larger texts are kept apart by V8, until the heap is large: read so, a bill of a million rows needs tens of megabytes less. */
const atOnce = 1 << 14
/** Far more than a row of a statement has; what is longer is none. */
const longest = 1 << 16

/**
 * The lines of a UTF-8 text that comes in pieces, without their ends (`\n`, `\r\n`) and without a byte order mark; holds one piece and one line
 * at a time. Throws on what is not UTF-8 and on endless lines.
 */
export async function* linesOf(raw: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  const split = (text: string): string[] => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longest) throw new Error('a line of the statement has no end')
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
  for await (const piece of raw)
    for (let from = 0; from < piece.length; from += atOnce) yield split(decoder.decode(piece.subarray(from, from + atOnce), { stream: true }))
  yield [...split(decoder.decode()), ...(rest === '' ? [] : [rest])]
}
