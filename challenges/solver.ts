/**
 * Solves a proof-of-work challenge. It imports nothing and uses nothing but the language, so that it runs in
 * a page's Web Worker as it does here; a worker, because it takes a second or so of a phone's processor.
 * @returns the `nonces` to send back
 */
export function solveProofOfWork(task: { challenge: string; rounds: number; bits: number }): number[] {
  const signature = task.challenge.slice(task.challenge.lastIndexOf('.') + 1)
  const below = 2 ** (32 - task.bits)
  return Array.from({ length: task.rounds }, (_, round) => {
    let nonce = 0
    while (firstWordOf(`${signature}.${round}.${nonce}`) >= below) nonce++
    return nonce
  })
}

const schedule = new Int32Array(64)

/**
 * The first 32 bits of the SHA-256 of a text of at most 55 ASCII characters, which is one block (FIPS 180-4).
 * The browser's own digest is asynchronous: a promise for each of 260,000 hashes costs more than the hash.
 */
function firstWordOf(text: string): number {
  const w = schedule
  w.fill(0, 0, 16)
  for (let i = 0; i < text.length; i++) w[i >> 2] = at(w, i >> 2) | (text.charCodeAt(i) << (24 - (i % 4) * 8))
  w[text.length >> 2] = at(w, text.length >> 2) | (0x80 << (24 - (text.length % 4) * 8))
  w[15] = text.length * 8
  for (let i = 16; i < 64; i++) {
    const [far, near] = [at(w, i - 15), at(w, i - 2)]
    const s0 = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3)
    const s1 = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10)
    w[i] = (at(w, i - 16) + s0 + at(w, i - 7) + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = initial
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(constants, i) + at(w, i)) | 0
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  return (a + initial[0]) >>> 0
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
const at = (words: Int32Array, i: number): number => words[i] ?? 0

const primes: number[] = []
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
/** The first 32 bits of what is behind the point. */
const fraction = (x: number): number => Math.floor((x - Math.floor(x)) * 2 ** 32) | 0

/** FIPS 180-4, 4.2.2 and 5.3.3: of the cube roots of 64 primes, and of the square roots of the first 8. */
const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const [p0, p1, p2, p3, p4, p5, p6, p7] = primes.map((prime) => fraction(Math.sqrt(prime))) as Eight
type Eight = [number, number, number, number, number, number, number, number]
const initial: Eight = [p0, p1, p2, p3, p4, p5, p6, p7]
