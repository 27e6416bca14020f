// What OpenAI's own models accept, by name; for both of OpenAI's wires. Pure.
// Source: the model catalogue of @ai-sdk/openai 4 (openai-model-catalog.ts) and openai 7.57 (`stop`), 2026-11.

export type OpenAIModel = {
  /** Whether it reasons; `undefined`: not a name of OpenAI's. */
  readonly reasons: boolean | undefined
  /** Efforts it takes, lowest first; `undefined`: not known. */
  readonly efforts: readonly string[] | undefined
  /** Whether temperature, top_p and log probabilities are taken while the effort is `none`. */
  readonly samplesAtNone: boolean
  /** Whether Chat Completions takes function tools only while the effort is `none` (the Responses API takes them always). */
  readonly chatToolsNeedNone: boolean
  /** Whether it takes stop sequences. */
  readonly stops: boolean
}

const UNKNOWN: OpenAIModel = { reasons: undefined, efforts: undefined, samplesAtNone: true, chatToolsNeedNone: false, stops: true }

/** The rules of a model by OpenAI's name for it, with or without a gateway's `openai/` before it. */
export function openaiModel(model: string): OpenAIModel {
  const name = model.toLowerCase().replace(/^openai\//, '')
  const o = /^o(\d+)(?:-|$)/.exec(name)
  if (o !== null) return { reasons: true, efforts: ['low', 'medium', 'high'], samplesAtNone: false, chatToolsNeedNone: false, stops: !/^o3(?!-mini)|^o4-mini/.test(name) }
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(o)?(?:-(.+))?$/.exec(name)
  if (gpt === null) return name.startsWith('chatgpt-4o') ? { ...UNKNOWN, reasons: false } : UNKNOWN
  const major = Number(gpt[1])
  const minor = Number(gpt[2] ?? 0)
  const variant = gpt[4] ?? ''
  if (major < 5 || (gpt[2] === undefined && variant.startsWith('chat'))) return { ...UNKNOWN, reasons: false }
  const isKnownVariant = /^(?:(?:mini|nano|sol|luna|terra)(?:-\d{4}-\d{2}-\d{2})?|\d{4}-\d{2}-\d{2}|)$/.test(variant)
  const mayBeNone = major === 6 && /^(?:6-luna|6-sol|6\.1-terra)/.test(name.slice(4))
  return {
    reasons: true,
    efforts: isKnownVariant ? efforts(major, minor, mayBeNone) : undefined,
    samplesAtNone: (major === 5 && minor >= 1) || mayBeNone,
    chatToolsNeedNone: major === 5 && minor >= 6,
    stops: true,
  }
}

function efforts(major: number, minor: number, mayBeNone: boolean): readonly string[] {
  if (major >= 6) return [...(mayBeNone ? ['none'] : []), 'low', 'medium', 'high', 'xhigh', 'max']
  if (minor === 0) return ['minimal', 'low', 'medium', 'high']
  if (minor === 1) return ['none', 'low', 'medium', 'high']
  return ['none', 'low', 'medium', 'high', 'xhigh', ...(minor < 6 ? [] : ['max'])]
}

/** Thinking tokens from which an effort is meant, where a wire takes no number. */
const BUDGET_STEPS = [
  ['high', 16_384],
  ['medium', 4_096],
  ['low', 0],
] as const

/**
 * The effort that stands for a client's `thinking`; `undefined`: leave the model's own. Without a budget the model decides, as
 * adaptive thinking does; thinking that is off asks for the least the model has.
 */
export function effortOfThinking(thinking: { readonly enabled: boolean; readonly budgetTokens: number | undefined } | undefined, model: OpenAIModel): string | undefined {
  if (thinking === undefined || model.reasons === false) return undefined
  if (!thinking.enabled) return model.efforts?.[0]
  const { budgetTokens } = thinking
  return budgetTokens === undefined ? undefined : BUDGET_STEPS.find(([, from]) => budgetTokens >= from)?.[0]
}
