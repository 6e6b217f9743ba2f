import type { HttpBindings } from '@hono/node-server'

/** What a request's routes know: the socket, and the body as it was signed. */
export type Env = { Bindings: HttpBindings; Variables: { body: string } }
