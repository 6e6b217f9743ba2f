import type { Challenge } from '../../../runtime/container.ts'

type Task = ReturnType<Challenge['issue']>

/** A challenge as a page gets it. */
export const taskView = (task: Task) =>
  task.kind === 'proof-of-work' ? { ...task, expiresAt: new Date(task.expiresAt).toISOString() } : task
