import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apiVariables } from '../api/environment.ts'
import { consumerVariables, jobsVariables } from '../runtime/environment.ts'
import { variablesTable } from '../runtime/variables.ts'

const page = fileURLToPath(new URL('../docs/operations.md', import.meta.url))
const [begin, end] = ['<!-- variables: npm run config-table -->', '<!-- /variables -->']

/** Every configuration variable of every process. */
export const allVariables = { ...consumerVariables.shape, ...jobsVariables.shape, ...apiVariables.shape }

/** The page with its table as the variables are today, and as it is. */
export function configurationPage(): { is: string; shouldBe: string } {
  const is = readFileSync(page, 'utf8')
  const [from, to] = [is.indexOf(begin), is.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/operations.md lacks the marks ${begin} and ${end}`)
  const table = variablesTable(allVariables)
  return { is, shouldBe: `${is.slice(0, from)}${begin}\n\n${table}\n\n${is.slice(to)}` }
}

/** `npm run config-table`: writes the table of variables into docs/operations.md. */
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, configurationPage().shouldBe)
