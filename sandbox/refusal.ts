/** A refusal as WeChat words it: an HTTP status and a documented error code. */
export class GatewayRefusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'GatewayRefusal'
    this.status = status
    this.code = code
  }
}
