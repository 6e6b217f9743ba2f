/**
 * A table that is redrawn in place on a terminal; elsewhere a line every few seconds. `stop` leaves the last
 * state.
 */
export function showLive(look: { table(): string; line(): string }): { stop(): void } {
  const live = process.stdout.isTTY === true
  let drawn = 0
  const draw = (): void => {
    const text = live ? look.table() : look.line()
    process.stdout.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[0J` : ''}${text}\n`)
    drawn = live ? text.split('\n').length : 0
  }
  draw()
  const timer = setInterval(draw, live ? 250 : 5000)
  return {
    stop() {
      clearInterval(timer)
      draw()
    },
  }
}
