import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Report } from '../progress.ts'

/** A server that somebody else runs, or a program that we start ourselves. `from` says where it was found. */
export type Found = { readonly url: string } | { readonly binary: string; readonly from: string }

/** One way to come by something. */
export interface Way<T> {
  /** How it looks, for example `temporal on PATH`. */
  readonly name: string
  /** What a reader can do to make this way work. */
  readonly remedy?: string
  /** What it found; undefined when there is nothing. Throws when it tried and failed. */
  look(report: Report): Promise<T | undefined>
}

/**
 * The first way that finds something. When none does, throws one error with what was tried and what would
 * help.
 */
export async function firstThatWorks<T>(what: string, ways: readonly Way<T>[], report: Report): Promise<T> {
  const tried: string[] = []
  for (const { name, look } of ways) {
    try {
      const found = await look(report)
      if (found !== undefined) return found
      tried.push(`${name}: nothing there`)
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const remedies = ways.flatMap(({ remedy }) => (remedy ? [remedy] : []))
  throw new Error(
    `${what} was not found and could not be brought here.\n  Tried:\n${list(tried)}\n  Any of these helps:\n${list(remedies)}`,
  )
}

const list = (lines: readonly string[]): string => lines.map((line) => `    - ${line}`).join('\n')

/** A server that runs already, named by a variable. */
export function given(variable: string, example: string, env: NodeJS.ProcessEnv): Way<Found> {
  return {
    name: variable,
    remedy: `set ${variable} to a server that runs, for example ${example}`,
    look: async () => (env[variable] ? { url: env[variable] } : undefined),
  }
}

/** A program on PATH, by any of its names. */
export function onPath(names: readonly string[], remedy: string, env: NodeJS.ProcessEnv): Way<Found> {
  return {
    name: `${names.join(' or ')} on PATH`,
    remedy,
    look: async () => {
      const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
      const binary = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
      return binary === undefined ? undefined : { binary, from: 'on PATH' }
    },
  }
}

/** A program that an earlier start has put into the cache. */
export function cached(names: readonly string[], cache: string): Way<Found> {
  return {
    name: `the cache, ${cache}`,
    look: async () => {
      const binary = names.map((name) => join(cache, name)).find(isProgram)
      return binary === undefined ? undefined : { binary, from: 'from the cache' }
    },
  }
}

/**
 * Where servers that were downloaded or built are kept: one place for a user, so that fresh clones share it.
 */
export function cacheOf(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'floodgate', 'bin')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
