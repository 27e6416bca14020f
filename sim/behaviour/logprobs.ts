// Log probabilities for tokens that nobody computed: the same text always gets the same, the said token is the likeliest. Pure.
import { fnv1a } from '../../core/seams.ts'

export type SimLogprob = { readonly token: string; readonly logprob: number; readonly bytes: readonly number[] }

/** One entry a token, with `top` alternatives in OpenAI's members. */
export function logprobsOf(tokens: readonly string[], top: number): (SimLogprob & { readonly top_logprobs: readonly SimLogprob[] })[] {
  return tokens.map((token) => {
    // Between 74% and nearly 100%.
    const logprob = -((fnv1a(token) % 3_000) + 1) / 10_000
    const said = entry(token, logprob)
    return { ...said, top_logprobs: Array.from({ length: top }, (_, i) => (i === 0 ? said : entry(`${token.trimEnd()}${'~'.repeat(i)}`, logprob - 2 * i))) }
  })
}

function entry(token: string, logprob: number): SimLogprob {
  return { token, logprob, bytes: [...Buffer.from(token)] }
}
