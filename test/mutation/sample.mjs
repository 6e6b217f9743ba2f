// A checker for Stryker: has only a share of the mutants tried, the same ones for the same seed. Plain Node,
// as Stryker starts it in a process of its own.
import { createHash } from 'node:crypto'

/**
 * Where a mutant lies between 0 and 1 for a seed, evenly over all mutants: it is in a share of 0.1 when this
 * is below 0.1.
 *
 * @param {number} seed
 * @param {string} id the mutant's number: they are numbered alike as long as the code stays the same
 */
export function drawOf(seed, id) {
  return createHash('sha256').update(`${seed} ${id}`).digest().readUInt32BE(0) / 2 ** 32
}

class Sample {
  constructor() {
    Object.assign(this, JSON.parse(process.env.MUTATION_SAMPLE))
  }

  async init() {}

  async check(mutants) {
    const results = mutants.map(({ id }) => [
      id,
      drawOf(this.seed, id) < this.share
        ? { status: 'passed' }
        : { status: 'compileError', reason: 'not in the sample' },
    ])
    return Object.fromEntries(results)
  }
}

export const strykerPlugins = [{ kind: 'Checker', name: 'sample', injectableClass: Sample }]
