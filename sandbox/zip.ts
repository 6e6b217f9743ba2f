import { crc32, deflateRawSync } from 'node:zlib'

/** A zip of these files (PKWARE's APPNOTE, 4.3); their names are bytes, for encodings of their own. */
export function zip(files: readonly { name: Buffer; content: Buffer }[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of files) {
    const packed = deflateRawSync(content)
    const meta = Buffer.alloc(26) // What local header and directory share, from "version needed" on.
    meta.writeUInt16LE(20, 0)
    meta.writeUInt16LE(8, 4)
    meta.writeUInt32LE(crc32(content), 10)
    meta.writeUInt32LE(packed.length, 14)
    meta.writeUInt32LE(content.length, 18)
    meta.writeUInt16LE(name.length, 22)
    const at = Buffer.alloc(4)
    at.writeUInt32LE(offset)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), meta, name, packed])
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), meta, Buffer.alloc(10), at, name]))
    parts.push(local)
    offset += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(entries.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06'), end])
}
