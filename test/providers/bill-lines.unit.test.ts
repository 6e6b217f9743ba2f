import { describe, expect, it } from 'vitest'
import { linesOf } from '../../providers/bill-lines.ts'
import { StatementRejected } from '../../providers/provider.ts'
import { collected } from '../support/collected.ts'

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const linesIn = async (
  bytes: Uint8Array,
  size = bytes.length || 1,
  decoder?: InstanceType<typeof TextDecoder>,
) => (await collected(linesOf(piecesOf(bytes, size), decoder))).flat()

describe('the lines of a statement', () => {
  it.each([1, 2, 3, 5, 7, 100])('are the same in pieces of %i bytes', async (size) => {
    const text = utf8('\uFEFF表头,金额\r\n第一行,1\n\n最后一行,2')
    expect(await linesIn(text, size)).toEqual(['表头,金额', '第一行,1', '', '最后一行,2'])
  })

  it('end with the text, whether it ends its last line or not', async () => {
    expect(await linesIn(utf8('a\nb'))).toEqual(['a', 'b'])
    expect(await linesIn(utf8('a\nb\n'))).toEqual(['a', 'b'])
    expect(await linesIn(utf8(''))).toEqual([])
  })

  it('keep a carriage return that ends no line', async () => {
    expect(await linesIn(utf8('a\rb\r\n'))).toEqual(['a\rb'])
  })

  it('come in groups that hold no more than 16 KiB of text each', async () => {
    const row = `${'x'.repeat(99)}\n`
    const groups = await collected(linesOf(piecesOf(utf8(row.repeat(1000)), 100_000)))
    expect(groups.flat()).toHaveLength(1000)
    expect(Math.max(...groups.map((lines) => lines.length))).toBeLessThanOrEqual(164)
  })

  it('may have 64 KiB, and no more', async () => {
    expect((await linesIn(utf8('x'.repeat(1 << 16)))).map(({ length }) => length)).toEqual([1 << 16])
    const endless = linesIn(utf8('x'.repeat((1 << 16) + 1)))
    await expect(endless).rejects.toThrow(StatementRejected)
    await expect(endless).rejects.toThrow('the statement has a line without end')
  })

  it('are UTF-8 unless another decoder is given, and nothing is guessed', async () => {
    const gbk = Uint8Array.of(0xb1, 0xed) // 表
    await expect(linesIn(gbk)).rejects.toThrow(TypeError)
    expect(await linesIn(gbk, 1, new TextDecoder('gb18030'))).toEqual(['表'])
  })

  it('do not end in the middle of a character', async () => {
    await expect(linesIn(utf8('表').subarray(0, 2))).rejects.toThrow(TypeError)
  })
})
