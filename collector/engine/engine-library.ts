// Finds the engine's library for this machine: the platform package that npm installed beside `chdb`.
// It loads nothing: the library is opened only in the child process.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'

/** What decides which library fits. */
export type Machine = {
  /** As `process.platform`. */
  readonly platform: string
  /** As `process.arch`. */
  readonly arch: string
  /** Version of glibc; `undefined` on other systems and on musl. */
  readonly glibc: string | undefined
}

/** The machine this runs on. */
export function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibc: process.platform === 'linux' ? glibcVersion() : undefined }
}

function glibcVersion(): string | undefined {
  const report: unknown = process.report.getReport()
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined
  const { header } = report
  if (typeof header !== 'object' || header === null || !('glibcVersionRuntime' in header)) return undefined
  return typeof header.glibcVersionRuntime === 'string' ? header.glibcVersionRuntime : undefined
}

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
}

/** Path of the library; throws `engine_unsupported` where there is none (Windows, musl, other processors) or it was not installed. */
export function engineLibrary(machine: Machine = thisMachine()): string {
  const name = `${machine.platform}-${machine.arch}`
  const wanted = PACKAGES[name]
  if (wanted === undefined) throw new WeighbridgeError('engine_unsupported', `There is no embedded ClickHouse for ${name}`)
  if (machine.platform === 'linux' && machine.glibc === undefined) {
    throw new WeighbridgeError('engine_unsupported', `There is no embedded ClickHouse for ${name} without glibc (musl, as in Alpine)`)
  }
  const library = installedLibrary(wanted)
  if (library === undefined) {
    throw new WeighbridgeError('engine_unsupported', `The package ${wanted} with the embedded ClickHouse is not installed`, {
      remedy: 'Install with optional dependencies (npm ci, without --omit=optional), or set CLICKHOUSE_URL to a ClickHouse server.',
    })
  }
  return library
}

function installedLibrary(packageName: string): string | undefined {
  try {
    // It is a dependency of chdb, not of ours, so it is looked up from there.
    const chdb = createRequire(createRequire(import.meta.url).resolve('chdb'))
    const library = join(dirname(chdb.resolve(`${packageName}/package.json`)), 'libchdb.so')
    return existsSync(library) ? library : undefined
  } catch {
    return undefined
  }
}
