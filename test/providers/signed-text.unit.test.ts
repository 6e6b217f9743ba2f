import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byName, isAmbiguous } from '../../providers/signed-text.ts'

const text = (parameters: readonly (readonly [string, string])[]): string =>
  parameters.map(([name, value]) => `${name}=${value}`).join('&')

describe('a signed text', () => {
  it.each([
    [
      'a value that could end earlier',
      [
        ['body', 'x&gmt=1'],
        ['notify', '2'],
      ],
      true,
    ],
    ['the last value that could end earlier', [['body', 'x&gmt=1']], true],
    [
      'a name that would sort before its place',
      [
        ['subject', 'A&B=C'],
        ['total', '1'],
      ],
      false,
    ],
    [
      'a name that would sort behind its place',
      [
        ['a', 'x&z=1'],
        ['b', '2'],
      ],
      false,
    ],
    [
      'a name that is there already',
      [
        ['a', 'x&b=1'],
        ['b', '2'],
      ],
      false,
    ],
    ['an ampersand or an equals sign alone', [['a', 'x & y = z, 1=2&3']], false],
  ] as const)('with %s is ambiguous: %#', (_, parameters, ambiguous) => {
    expect(isAmbiguous(parameters)).toBe(ambiguous)
  })

  it('that can be divided in two ways is ambiguous in at least one of them', () => {
    const name = fc.stringMatching(/^[a-e]{1,2}$/)
    const lists = fc.uniqueArray(fc.tuple(name, fc.stringMatching(/^[a-e&=]{0,6}$/)), {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(lists, fc.nat(), (list, chosen) => {
        const sorted = [...list].sort(byName)
        const at = chosen % sorted.length
        const [first, second] = [sorted[at], sorted[at + 1]]
        if (!first || !second) return
        const folded: [string, string][] = [
          ...sorted.slice(0, at),
          [first[0], `${first[1]}&${second[0]}=${second[1]}`],
          ...sorted.slice(at + 2),
        ]
        expect(text(folded)).toBe(text(sorted))
        expect(isAmbiguous(folded)).toBe(true)
      }),
    )
  })
})
