import { NotificationRejected } from '../../providers/provider.ts'

/** Why a notification is rejected; nothing when it is believed. Another fault than a rejection is itself. */
export const rejectionOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => undefined,
    (error: unknown) => (error instanceof NotificationRejected ? error.reason : error),
  )
