import { buildWorkflows } from '../runtime/bundle.ts'

/** The last step of `npm run build`: compiles the workflows, so that processes start without doing it. */
console.log(`Workflows: ${await buildWorkflows()}`)
