import type { CrowdTally } from './plan.ts'

/** Counts what a crowd does and gets. */
export function createTally() {
  const took: number[] = []
  const seconds = new Map<number, number>()
  const tickets = new Set<string>()
  const tally: CrowdTally = {
    phase: 'signing',
    prepared: 0,
    joins: 0,
    peakPerS: 0,
    admitted: 0,
    tickets: [],
    answers: {},
    p50: 0,
    p99: 0,
    paid: 0,
    problems: [],
  }
  return {
    enter(phase: CrowdTally['phase']): void {
      tally.phase = phase
    },
    prepared(): void {
      tally.prepared++
    },
    joined(answer: string, ms: number, ticket?: string): void {
      const second = Math.floor(Date.now() / 1000)
      const inSecond = (seconds.get(second) ?? 0) + 1
      seconds.set(second, inSecond)
      took.push(ms)
      tally.joins++
      tally.peakPerS = Math.max(tally.peakPerS, inSecond)
      tally.answers[answer] = (tally.answers[answer] ?? 0) + 1
      if (answer === 'admitted') tally.admitted++
      if (ticket !== undefined) tickets.add(ticket)
    },
    paid(): void {
      tally.paid++
    },
    problem(text: string): void {
      if (tally.problems.length < 20) tally.problems.push(text)
    },
    now(): CrowdTally {
      const sorted = [...took].sort((a, b) => a - b)
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
      return { ...tally, tickets: [...tickets], p50: at(0.5), p99: at(0.99) }
    },
  }
}
export type Counter = ReturnType<typeof createTally>
