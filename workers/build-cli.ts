import { buildWorkflows } from '../runtime/bundle.ts'

/** `npm run build`: compiles the workflows, so that processes start without doing it. */
console.log(`Workflows: ${await buildWorkflows()}`)
