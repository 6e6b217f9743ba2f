/**
 * Nothing final can be said yet: the same call is made again, with back-off or, where it is of use only then,
 * after `afterS` seconds. Not a fault: nobody needs to read about it in the log.
 */
export class RetryLater extends Error {
  readonly afterS: number | undefined
  constructor(message: string, afterS?: number) {
    super(message)
    this.name = 'RetryLater'
    this.afterS = afterS
  }
}

/** Repeating the call can change nothing: what it is about is not there. */
export class NeverRetry extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.name = 'NeverRetry'
    this.type = type
  }
}
