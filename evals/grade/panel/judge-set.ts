// A set of judges: who they are, and the identity their grades are stored under. In: targets of the configuration. Out: one name
// that changes with a judge, a word of the prompt or the schema, because grades of different sets are never compared. Pure.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { contentHash } from '../../../core/hash.ts'
import { PROMPT_HASH } from './questions.ts'

export type JudgeSet = {
  /** `panel@HASH`, as stored with every grade. */
  readonly id: string
  readonly promptHash: string
  readonly judges: readonly Target[]
  readonly maxOutputTokens: number
}

/** Makes the set. Throws `judges_needed` without judges, `unknown_target` for a name that is none, `config_invalid` when simulated judges would grade real targets. */
export function judgeSetOf(names: readonly string[], targets: ReadonlyMap<string, Target>, candidates: readonly Target[], maxOutputTokens: number): JudgeSet {
  if (names.length === 0) throw new WeighbridgeError('judges_needed', 'A panel needs judges, and none are named.')
  const judges = [...new Set(names)].map((name) => {
    const target = targets.get(name)
    if (target === undefined) throw new WeighbridgeError('unknown_target', `There is no enabled target "${name}" to judge`, { remedy: `Enabled: ${[...targets.keys()].join(', ') || 'none'}.` })
    return target
  })
  const invented = judges.find((judge) => judge.provider.simulated)
  const real = candidates.find((candidate) => !candidate.provider.simulated)
  if (invented !== undefined && real !== undefined) {
    throw new WeighbridgeError('config_invalid', `The judge ${invented.name} is simulated and ${real.name} is not: invented verdicts are no evidence.`, { remedy: 'Name real targets in evals.judges.' })
  }
  const hash = contentHash({ judges: judges.map((judge) => judge.evidenceKey).sort(), prompt: PROMPT_HASH, maxOutputTokens })
  return { id: `panel@${hash}`, promptHash: PROMPT_HASH, judges, maxOutputTokens }
}
