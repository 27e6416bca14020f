// Which vendor's family a model belongs to, for judging: models of one family prefer each other's answers. By the model's own
// name where it tells, because a family's models are sold by many providers; else the provider's name. Pure.
import type { Target } from '../../../core/config.ts'

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:gpt|chatgpt|o[134]|codex|davinci)(?:-|\b|\d)/i, 'openai'],
  [/claude/i, 'anthropic'],
  [/gemini|gemma|palm|bison/i, 'google'],
  [/grok/i, 'xai'],
  [/llama|meta-/i, 'meta'],
  [/mistral|mixtral|codestral|ministral|magistral|devstral/i, 'mistral'],
  [/deepseek/i, 'deepseek'],
  [/qwen|qwq/i, 'qwen'],
  [/kimi|moonshot/i, 'moonshot'],
  [/\bglm|chatglm/i, 'zhipu'],
  [/command(?:-|\b)|\baya\b/i, 'cohere'],
  [/\bnova-|titan/i, 'amazon'],
  [/\bphi-/i, 'microsoft'],
  [/minimax|abab/i, 'minimax'],
  [/smollm/i, 'huggingface'],
]

/** The family's name, lower case. */
export function familyOf(target: Pick<Target, 'model' | 'provider'>): string {
  return FAMILIES.find(([pattern]) => pattern.test(target.model))?.[1] ?? target.provider.name.toLowerCase()
}

/** Below this many families a set of judges that includes the candidate's own is not trusted to be fair to it. */
export const FEWEST_FAMILIES = 3

/** Whether the judges span too few families and one of them is the candidate's. */
export function isSelfFamily(judges: readonly Pick<Target, 'model' | 'provider'>[], candidate: Pick<Target, 'model' | 'provider'>): boolean {
  const families = new Set(judges.map(familyOf))
  return families.size < FEWEST_FAMILIES && families.has(familyOf(candidate))
}
