import { expect, it } from 'vitest'
import { encodingOf } from '../../api/http/encoding.ts'

it.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0, gzip;q=0.1', 'gzip'],
  ['br; q=0.000, gzip;q=0', undefined],
  ['brotli, gzipped', undefined],
])('to a client that takes %s goes %s', (header, encoding) => {
  expect(encodingOf(header, ['br', 'gzip'])).toBe(encoding)
})
