/** Applies `patches/` to the packages in node_modules; see patches.mjs. */
export function applyPatches(modules?: string, patches?: string): void
