import { StatementRejected } from './provider.ts'

/**
 * V8 keeps larger texts apart until the heap is large: in such pieces a bill of a million rows needs tens of
 * megabytes less.
 */
const pieceBytes = 1 << 14
/** Far more than a row of a statement has. */
const longestLine = 1 << 16

/**
 * The lines of a text that comes in pieces, without their ends (`\n`, `\r\n`) and without a byte order mark.
 * Holds one piece and one line at a time.
 *
 * @param decoder UTF-8 by default.
 * @throws {StatementRejected} on a line without end, and what the decoder throws for another encoding
 */
export async function* linesOf(
  raw: AsyncIterable<Uint8Array>,
  decoder = new TextDecoder('utf-8', { fatal: true }),
): AsyncGenerator<string[]> {
  let rest = ''
  const split = (text: string): string[] => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) throw new StatementRejected('has a line without end')
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
  for await (const piece of raw)
    for (let from = 0; from < piece.length; from += pieceBytes)
      yield split(decoder.decode(piece.subarray(from, from + pieceBytes), { stream: true }))
  yield [...split(decoder.decode()), ...(rest === '' ? [] : [rest])]
}
