/** What each of the three servers is started with. */
export interface ServerOptions {
  /** Where its data, its log and its pid file go. */
  readonly stateDir: string
  readonly env: NodeJS.ProcessEnv
  /** The ports that everybody knows, when they are free. Otherwise free ones. */
  readonly usualPorts: boolean
  /** Whether what it has acknowledged must survive a power cut. Tests do without, and are faster. */
  readonly durable: boolean
}

/** A server that answers. */
export interface Server {
  readonly url: string
  /** Which one it is and where it came from, for people. */
  readonly about: string
  /** Ends it, if we started it. */
  stop(): Promise<void>
}
