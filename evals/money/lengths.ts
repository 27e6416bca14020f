// How long questions and answers are, out of earlier runs where there are any. Comes in: journals' records. Goes out: token
// counts per suite and target, and per judge. Pure.
import type { Target } from '../../core/config.ts'
import type { Probe, ProbeSuite } from '../probes/load.ts'
import { messagesFor } from '../replay/plan.ts'
import type { Trial } from '../replay/trial.ts'
import type { Lengths } from './estimate.ts'

/** Characters of English that make a token, roughly, with every tokenizer in use. */
const CHARACTERS_PER_TOKEN = 4
/** Share of max_tokens that an answer is taken to use where none was ever seen. */
const ASSUMED_SHARE = 0.35
/** Tokens of a judge's reply where none was ever seen. */
export const ASSUMED_VERDICT_TOKENS = 180

/** Lengths of a target's answers to a suite: as seen on this suite, else on any, else assumed. */
export function answerLengths(suite: ProbeSuite, probes: readonly Probe[], target: Target, earlier: readonly Trial[], maxOutputTokens: number): Lengths {
  const own = earlier.filter((trial) => trial.target === target.name && trial.outputTokens !== undefined && trial.inputTokens !== undefined)
  const here = own.filter((trial) => trial.suite === suite.name)
  const seen = here.length > 0 ? here : own
  const input = mean(probes.map((probe) => tokensOf(messagesFor(suite, probe).map((message) => message.content).join('\n'))))
  if (seen.length === 0) return { n: 0, input, output: ASSUMED_SHARE * maxOutputTokens, outputSd: ASSUMED_SHARE * maxOutputTokens }
  const outputs = seen.map((trial) => trial.outputTokens ?? 0)
  return { n: seen.length, input: here.length > 0 ? mean(here.map((trial) => trial.inputTokens ?? 0)) : input, output: mean(outputs), outputSd: deviation(outputs) }
}

/** Tokens of a text, roughly. */
export const tokensOf = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN)

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length)

function deviation(values: readonly number[]): number {
  if (values.length < 2) return values[0] ?? 0
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}
