import { StatementRejected } from './provider.ts'

/** Larger texts are kept apart by V8, until the heap is large: read so, a bill of a million rows needs tens of megabytes less. */
const atOnce = 1 << 14
/** Far more than a row of a statement has; what is longer is none. */
const longest = 1 << 16

/**
 * The lines of a text that comes in pieces, UTF-8 unless `decoder` is of another, without their ends (`\n`, `\r\n`) and without a byte order
 * mark; holds one piece and one line at a time. Throws on endless lines and, as the decoder does, on what is not of its encoding.
 */
export async function* linesOf(
  raw: AsyncIterable<Uint8Array>,
  decoder = new TextDecoder('utf-8', { fatal: true }),
): AsyncGenerator<string[]> {
  let rest = ''
  const split = (text: string): string[] => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longest) throw new StatementRejected('has a line without end')
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
  for await (const piece of raw)
    for (let from = 0; from < piece.length; from += atOnce)
      yield split(decoder.decode(piece.subarray(from, from + atOnce), { stream: true }))
  yield [...split(decoder.decode()), ...(rest === '' ? [] : [rest])]
}
