// Downloads the Temporal CLI as @temporalio/testing does: node temporal-download.mjs VERSION FOLDER
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [version, downloadDir] = process.argv.slice(2)
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', version, downloadDir } },
  })
  await environment.teardown()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
