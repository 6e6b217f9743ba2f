import { crc32 } from 'node:zlib'
import { Unzip, UnzipInflate } from 'fflate'

/** Holds the directory of a few files, and the record that ends it (4.3.16). */
const tailBytes = 1 << 13
const centralEntry = 0x02014b50
const endRecord = 0x06054b50

/**
 * The content of the one file of a zip whose name is `wanted`, while the zip arrives.
 * @throws {Error} at its end, when length or checksum are not those of the zip's directory, or there is no
 *   such file, or no directory: the zip was cut short
 * @see PKWARE APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function* unzipped(
  raw: AsyncIterable<Uint8Array>,
  wanted: (name: string) => boolean,
): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = []
  let failed: Error | undefined
  let chosen: string | undefined
  const found = { length: 0, crc: 0 }
  const unzip = new Unzip((file) => {
    if (chosen !== undefined || !wanted(nameOf(file.name))) return
    chosen = nameOf(file.name)
    file.ondata = (error, piece) => {
      if (error) failed = error
      else pieces.push(piece)
    }
    file.start()
  })
  unzip.register(UnzipInflate)

  let tail: Uint8Array = new Uint8Array()
  for await (const chunk of raw) {
    tail = Buffer.concat([tail, chunk]).subarray(-tailBytes)
    unzip.push(chunk)
    if (failed) throw failed
    for (const piece of pieces) {
      found.length += piece.length
      found.crc = crc32(piece, found.crc)
      yield piece
    }
    pieces = []
  }
  const promised = directoryOf(Buffer.from(tail)).find(({ name }) => name === chosen)
  if (!promised) throw new Error('the zip has no such file')
  if (promised.length !== found.length || promised.crc !== found.crc)
    throw new Error('the zip’s content is not what its directory promises')
}

/** Names are GBK unless they are marked as UTF-8; the library reads the former as Latin-1. */
const nameOf = (name: string): string =>
  /^[\0-\xff]*$/.test(name) ? gb18030(Buffer.from(name, 'latin1')) : name
const gb18030 = (bytes: Uint8Array): string => new TextDecoder('gb18030').decode(bytes)

function directoryOf(tail: Buffer): { name: string; length: number; crc: number }[] {
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06'))
  if (end < 0 || end + 22 > tail.length || tail.readUInt32LE(end) !== endRecord)
    throw new Error('the zip is cut short')
  const entries = []
  let at = end - tail.readUInt32LE(end + 12)
  while (at >= 0 && at + 46 <= end && tail.readUInt32LE(at) === centralEntry) {
    const nameLength = tail.readUInt16LE(at + 28)
    const bytes = tail.subarray(at + 46, at + 46 + nameLength)
    const isUtf8 = (tail.readUInt16LE(at + 8) & 0x800) !== 0
    entries.push({
      name: isUtf8 ? bytes.toString() : gb18030(bytes),
      length: tail.readUInt32LE(at + 24),
      crc: tail.readUInt32LE(at + 16),
    })
    at += 46 + nameLength + tail.readUInt16LE(at + 30) + tail.readUInt16LE(at + 32)
  }
  return entries
}
