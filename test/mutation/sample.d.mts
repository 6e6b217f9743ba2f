export function drawOf(seed: number, id: string): number
