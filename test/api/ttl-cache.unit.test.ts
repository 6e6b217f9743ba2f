import { expect, it } from 'vitest'
import { ttlCache } from '../../api/ttl-cache.ts'

/** A memory of a second, of two keys, with its clock; and how often each key was loaded. */
function memory() {
  const clock = { now: 0 }
  const loads: string[] = []
  const fails = new Set<string>()
  const load = async (key: string): Promise<string> => {
    loads.push(key)
    if (fails.has(key)) throw new Error('away')
    return `${key}${loads.length}`
  }
  return { clock, loads, fails, ...ttlCache(load, { forMs: 1000, most: 2, now: () => clock.now }) }
}

it('asks once for all who want it at a time, and again when the moment is over', async () => {
  const { get, clock, loads } = memory()
  expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual(['a1', 'a1', 'a1'])
  clock.now = 999
  expect(await get('a')).toBe('a1')
  clock.now = 1000
  expect(await get('a')).toBe('a2')
  expect(loads).toEqual(['a', 'a'])
})

it('asks again for what is to be forgotten, also while it is being asked', async () => {
  const { get, forget } = memory()
  const asked = get('a')
  forget('a')
  expect(await get('a')).toBe('a2')
  expect(await asked).toBe('a1')
  expect(await get('a')).toBe('a2')
})

it('keeps what it knows while it cannot ask, and remembers no failure', async () => {
  const { get, forget, clock, fails } = memory()
  fails.add('b')
  await expect(get('b')).rejects.toThrow('away')
  fails.clear()
  expect(await get('b')).toBe('b2')
  fails.add('b')
  clock.now = 1000
  expect(await get('b')).toBe('b2')
  clock.now = 2000
  expect(await get('b')).toBe('b2')
  forget('b')
  expect(await get('b')).toBe('b2')
  fails.clear()
  clock.now = 3000
  expect(await get('b')).toBe('b6')
})

it('forgets the key that was asked for longest ago beyond its bound', async () => {
  const { get, loads } = memory()
  for (const key of ['a', 'b', 'c', 'b', 'a']) await get(key)
  expect(loads).toEqual(['a', 'b', 'c', 'a'])
})
