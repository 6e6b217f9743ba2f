import type { JoinAnswer, TicketId } from '../../domain/flash-sale.ts'

/** What the script `admit` says of one join, e.g. `admitted:<ticket>:<position>`. */
export function joinAnswerOf(text: string): JoinAnswer {
  const [answer, first, second] = text.split(':')
  switch (answer) {
    case 'admitted':
    case 'already_queued':
      // The script answers a ticket that it was given, now or before.
      return { answer, ticket: first as TicketId, position: Number(second) }
    case 'over_limit':
      return { answer, limit: Number(first) }
    case 'sold_out':
      return { answer, left: Number(first) }
    case 'not_open':
      return { answer, opensAt: Number(first) }
    case 'cooling_off':
      return { answer, until: Number(first) }
    case 'already_bought':
    case 'ended':
    case 'bad_token':
    case 'paused':
    case 'missing':
      return { answer }
    default:
      throw new Error(`the gate answered ${answer}`)
  }
}
