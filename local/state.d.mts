export declare class StateInUse extends Error {}

export interface ChildNote {
  readonly name: string
  readonly pid: number
  /** What asks it to end in order. */
  readonly stopSignal: NodeJS.Signals
  /** How long it may take before SIGKILL. */
  readonly stopWithinMs: number
}

export declare function identity(pid: number): string | undefined
export declare function claim(stateDir: string): Promise<string[]>
export declare function refuseIfInUse(stateDir: string): void
export declare function remember(stateDir: string, child: ChildNote): void
export declare function forget(stateDir: string, name: string): void
export declare function endLeftovers(stateDir: string): Promise<string[]>
export declare function removeState(stateDir: string): boolean
export declare function testStates(root: string): string[]
