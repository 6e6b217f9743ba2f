import type { WorkflowHandle } from '@temporalio/client'

type Time = { seconds?: { toString(): string } | null; nanos?: number | null } | null | undefined

/**
 * What a workflow has asked of Temporal, a line each: an activity with its summary, its queue, its time-outs
 * and its pauses; what it shows while it asks a human; the children that it has started.
 */
export async function askedOfTemporal(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory()
  return (events ?? []).flatMap((event) => {
    const summary = textOf(event.userMetadata?.summary)
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes
    const shown = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields
    const activity = event.activityTaskScheduledEventAttributes
    if (event.markerRecordedEventAttributes) return [`locally: ${summary}`]
    if (shown?.Attention) return [`shows: ${textOf(shown.Attention)}`]
    if (child) {
      const [again, closing] = [child.workflowIdReusePolicy, child.parentClosePolicy]
      return [
        `starts ${child.workflowType?.name} (${summary}), again: ${again}, when this one ends: ${closing}`,
      ]
    }
    if (!activity) return []
    const { retryPolicy: retry, startToCloseTimeout, scheduleToCloseTimeout, heartbeatTimeout } = activity
    const parts = [
      `a try ${inWords(startToCloseTimeout)}`,
      ...(msOf(scheduleToCloseTimeout) > 0 ? [`all ${inWords(scheduleToCloseTimeout)}`] : []),
      ...(msOf(heartbeatTimeout) > 0 ? [`a heartbeat in ${inWords(heartbeatTimeout)}`] : []),
      `pauses ${inWords(retry?.initialInterval)} × ${retry?.backoffCoefficient} up to ${inWords(retry?.maximumInterval)}`,
      ...(retry?.maximumAttempts ? [`${retry.maximumAttempts} tries`] : []),
    ]
    const queue = activity.taskQueue?.name?.replace(/-stage-\d+$/, '')
    return [`${activity.activityType?.name} (${summary}) on ${queue}: ${parts.join(', ')}`]
  })
}

const msOf = (time: Time): number => Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6

/** `200 ms`, `15 s`, `6 min`, `4 h`. */
function inWords(time: Time): string {
  const ms = msOf(time)
  const [size, unit] = (
    [
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1000, 's'],
    ] as const
  ).find(([size]) => ms >= size && ms % size === 0) ?? [1, 'ms']
  return `${ms / size} ${unit}`
}

const textOf = (payload: { data?: Uint8Array | null } | null | undefined): string =>
  payload?.data ? String(JSON.parse(Buffer.from(payload.data).toString())) : ''

/** What a workflow says of itself, as Temporal's UI shows it. */
export async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails ?? ''
}
