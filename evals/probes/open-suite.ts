// A suite by the path that config or a command gives: `builtin:NAME`, `private:KIND`, or a folder.
import { WeighbridgeError } from '../../core/errors.ts'
import { BUILT_IN_SUITES, loadSuite, suiteFolder, type ProbeSuite } from './load.ts'
import { PRIVATE_KINDS, privateSuite } from './private/private-suite.ts'

export type SuiteSources = {
  /** Folder that relative paths count from. */
  readonly configDir: string
  /** Secret of the private suites; `undefined`: there is none, and they cannot be opened. */
  readonly privateSeed: string | undefined
  /** Probes of a private suite. */
  readonly privateProbes: number
}

/** Opens it. Throws `suite_invalid` with the place, or `private_seed`. */
export async function openSuite(path: string, sources: SuiteSources): Promise<ProbeSuite> {
  if (path.startsWith('private:')) {
    const kind = PRIVATE_KINDS.find((one) => path === `private:${one}`)
    if (kind === undefined) throw new WeighbridgeError('suite_invalid', `There is no private suite "${path}"`, { remedy: `Use one of ${PRIVATE_KINDS.map((one) => `private:${one}`).join(', ')}.` })
    return privateSuite(kind, sources.privateSeed, sources.privateProbes)
  }
  if (path.startsWith('builtin:') && !BUILT_IN_SUITES.some((name) => path === `builtin:${name}`))
    throw new WeighbridgeError('suite_invalid', `There is no built-in suite "${path}"`, { remedy: `Use one of ${BUILT_IN_SUITES.map((name) => `builtin:${name}`).join(', ')}.` })
  return loadSuite(suiteFolder(path, sources.configDir))
}
