import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dayMs,
  flashPayWithinMs,
  isSessionId,
  offerChannel,
  phaseMayLeaveFor,
  preheatMs,
  sessionIdOf,
  slotOpensAt,
} from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'

/** A clock on a wall in Shanghai, by the time zone's own rules. */
const shanghai = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
})
function wall(moment: number) {
  const part = Object.fromEntries(shanghai.formatToParts(moment).map(({ type, value }) => [type, value]))
  return {
    day: `${part.year}${part.month}${part.day}`,
    hour: `${part.hour}`,
    minute: Number(part.hour) * 60 + Number(part.minute),
  }
}

/** China had a summer time until 1991; shops that sell by this code opened later. */
const moments = fc.integer({
  min: Date.parse('1992-01-01T00:00:00Z'),
  max: Date.parse('2099-12-31T00:00:00Z'),
})
const minutes = fc.integer({ min: 0, max: 1439 })

describe('a session’s id', () => {
  it.each([
    ['2019-05-26T14:00:00+08:00', '2019052614'],
    ['2019-05-26T14:59:59.999+08:00', '2019052614-59'],
    ['2019-05-26T00:00:00+08:00', '2019052600'],
    ['2019-05-25T23:59:59.999+08:00', '2019052523-59'],
    ['2019-05-26T16:00:00Z', '2019052700'],
    ['2020-02-28T16:00:00Z', '2020022900'],
    ['2025-12-31T15:59:59Z', '2025123123-59'],
    ['2025-12-31T16:00:00Z', '2026010100'],
  ])('of %s is %s', (opens, id) => {
    expect(sessionIdOf(Date.parse(opens))).toBe(id)
  })

  it('is the day and the hour of a clock in Shanghai, the minutes beside it, and may be chosen by an operator too', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { day, hour, minute } = wall(moment)
        const past = String(minute % 60).padStart(2, '0')
        expect(sessionIdOf(moment)).toBe(past === '00' ? `${day}${hour}` : `${day}${hour}-${past}`)
        expect(isSessionId(sessionIdOf(moment))).toBe(true)
      }),
    )
  })

  it('ascends with time', () => {
    fc.assert(
      fc.property(moments, moments, (one, other) => {
        expect(sessionIdOf(Math.min(one, other)) <= sessionIdOf(Math.max(one, other))).toBe(true)
      }),
    )
  })
})

describe('a slot opens', () => {
  it.each([
    ['2019-05-26T09:30:00+08:00', 14 * 60, '2019-05-26T14:00:00+08:00'],
    ['2019-05-26T18:00:00+08:00', 14 * 60, '2019-05-26T14:00:00+08:00'],
    ['2019-05-26T00:00:00+08:00', 0, '2019-05-26T00:00:00+08:00'],
    ['2019-05-26T23:59:59.999+08:00', 0, '2019-05-26T00:00:00+08:00'],
    ['2019-05-25T16:00:00Z', 1439, '2019-05-26T23:59:00+08:00'],
    ['2019-05-25T15:59:59.999Z', 1439, '2019-05-25T23:59:00+08:00'],
  ])('asked at %s for minute %i: at %s', (now, minute, opens) => {
    expect(slotOpensAt(Date.parse(now), minute)).toBe(Date.parse(opens))
  })

  it('at its minute of the day in Shanghai on which it is asked for', () => {
    fc.assert(
      fc.property(moments, minutes, (now, minute) => {
        const opensAt = slotOpensAt(now, minute)
        expect(wall(opensAt)).toMatchObject({ day: wall(now).day, minute })
        expect(opensAt % 60_000).toBe(0)
      }),
    )
  })

  it('at the same moment whenever on that day it is asked for, and a day later on the next', () => {
    fc.assert(
      fc.property(moments, minutes, fc.integer({ min: 0, max: dayMs - 1 }), (now, minute, later) => {
        const midnight = slotOpensAt(now, 0)
        expect(slotOpensAt(midnight + later, minute)).toBe(slotOpensAt(now, minute))
        expect(slotOpensAt(now + dayMs, minute)).toBe(slotOpensAt(now, minute) + dayMs)
      }),
    )
  })
})

describe('an id that an operator chooses', () => {
  it.each(['2019052614', '2019052614-a', '2019052614-30', `2019052614-${'x'.repeat(24)}`])(
    'may be %s',
    (id) => {
      expect(isSessionId(id)).toBe(true)
    },
  )

  it.each([
    ['nothing', ''],
    ['too short', '201905261'],
    ['too long', '20190526140'],
    ['an empty suffix', '2019052614-'],
    ['a suffix that is too long', `2019052614-${'x'.repeat(25)}`],
    ['capitals', '2019052614-A'],
    ['two suffixes', '2019052614-a-b'],
    ['a line after it', '2019052614\n'],
    ['a line before it', 'x\n2019052614'],
    ['what would end a hash tag', '2019052614-}'],
    ['what would end a key', '2019052614:1'],
    ['digits of another script', '２０１９０５２６１４'],
  ])('is not %s', (_, id) => {
    expect(isSessionId(id)).toBe(false)
  })
})

describe('a session', () => {
  it('runs once, ends once, and ends without having run when it was never preheated', () => {
    expect(phaseMayLeaveFor).toEqual({ running: ['planned'], ended: ['planned', 'running'] })
  })

  it('is preheated five minutes before it opens, and its orders wait ten minutes for their payment', () => {
    expect([preheatMs, flashPayWithinMs]).toEqual([300_000, 600_000])
  })

  it('has a channel for each of its offers', () => {
    const offer = { session: '2019052614' as SessionId, sku: '7' as SkuId } // Any id.
    expect(offerChannel(offer)).toBe('offer:2019052614:7')
  })
})
