let codes: Map<string, Buffer> | undefined

/**
 * A text in GBK, which Node reads but does not write: the table is what it reads each pair of bytes as.
 * Throws for what GBK lacks.
 */
export function gbk(text: string): Buffer {
  codes ??= readTable()
  const table = codes
  return Buffer.concat(
    Array.from(text, (letter) => {
      if (letter < '\x80') return Buffer.from(letter)
      const code = table.get(letter)
      if (!code) throw new RangeError(`GBK has no ${letter}`)
      return code
    }),
  )
}

function readTable(): Map<string, Buffer> {
  const decoder = new TextDecoder('gbk')
  const table = new Map<string, Buffer>()
  for (let first = 0x81; first <= 0xfe; first++) {
    for (let second = 0x40; second <= 0xfe; second++) {
      const code = Buffer.from([first, second])
      const letter = decoder.decode(code)
      if (Array.from(letter).length === 1 && letter !== '\uFFFD' && !table.has(letter))
        table.set(letter, code)
    }
  }
  return table
}
