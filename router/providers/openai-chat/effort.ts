// How much a model should think, in the members that each dialect has for it. Pure; the words are core/config-schema.ts EFFORTS.
import type { JsonObject } from '../json.ts'

/** Members by which any dialect is told how much to think; one form replaces all others. */
const MEMBERS = ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking', 'thinking_budget'] as const

export type EffortForm = {
  readonly effort: (effort: string, model: string) => JsonObject
  /** Anthropic-like thinking with a budget; `undefined`: the dialect has no such thing, an effort is all it knows. */
  readonly thinking: ((enabled: boolean, budgetTokens: number | undefined, model: string) => JsonObject) | undefined
}

/**
 * Thinking tokens that stand for an effort where a dialect takes only a number; `undefined`: the model's own bound. Ours: each
 * step four times the one before.
 */
const BUDGETS: Readonly<Record<string, number | undefined>> = { minimal: 512, low: 2_048, medium: 8_192, high: 32_768 }

/** Efforts in the words that a dialect knows; one that is not listed goes as it is. */
function inWords(words: Readonly<Record<string, string>>): (effort: string) => JsonObject {
  return (effort) => ({ reasoning_effort: (Object.hasOwn(words, effort) ? words[effort] : undefined) ?? effort })
}

const DEEPSEEK_WORDS = inWords({ minimal: 'low', medium: 'high', xhigh: 'high' })
const KIMI_K3_WORDS = inWords({ none: 'low', minimal: 'low', medium: 'high', xhigh: 'max' })
const GROQ_GPT_OSS_WORDS = inWords({ none: 'low', minimal: 'low', xhigh: 'high', max: 'high' })
const ON_OFF_WORDS = inWords({ minimal: 'default', low: 'default', medium: 'default', high: 'default', xhigh: 'default', max: 'default' })

/** Kimi K2.7 cannot stop thinking; every K3 thinks by effort. */
const thinkingSwitch = (enabled: boolean): JsonObject => ({ thinking: { type: enabled ? 'enabled' : 'disabled' } })

export const EFFORT_FORMS = {
  /** OpenAI's own member, and of all who follow it. */
  openai: { effort: (effort) => ({ reasoning_effort: effort }), thinking: undefined },
  /** `reasoning: { effort | max_tokens | enabled }` (OpenRouter, Reasoning Tokens). */
  openrouter: {
    effort: (effort) => ({ reasoning: { effort } }),
    thinking: (enabled, budgetTokens) => ({ reasoning: enabled && budgetTokens !== undefined ? { max_tokens: budgetTokens } : { enabled } }),
  },
  /** A switch, and one of low, high, max (DeepSeek, Thinking Mode; it maps the other words so itself). */
  deepseek: {
    effort: (effort) => (effort === 'none' ? thinkingSwitch(false) : { ...thinkingSwitch(true), ...DEEPSEEK_WORDS(effort) }),
    thinking: thinkingSwitch,
  },
  /** Kimi K2.x knows on and off, K3 low, high and max (vercel/ai, packages/moonshotai). */
  moonshot: {
    effort: (effort, model) => (/kimi-k3/.test(model) ? KIMI_K3_WORDS(effort) : /kimi/.test(model) ? thinkingSwitch(effort !== 'none') : {}),
    thinking: (enabled, _budget, model) => (/kimi-k2/.test(model) ? thinkingSwitch(enabled) : {}),
  },
  /** A switch and a number of tokens (Alibaba Cloud Model Studio, Deep thinking). */
  qwen: {
    effort: (effort) => (effort === 'none' ? { enable_thinking: false } : { enable_thinking: true, ...budget(BUDGETS[effort]) }),
    thinking: (enabled, budgetTokens) => (enabled ? { enable_thinking: true, ...budget(budgetTokens) } : { enable_thinking: false }),
  },
  /** none to xhigh (vercel/ai, packages/xai). */
  xai: { effort: inWords({ minimal: 'low', max: 'xhigh' }), thinking: undefined },
  /** low to high for gpt-oss, none or default for the others (groq-sdk, `reasoning_effort`). */
  groq: { effort: (effort, model) => (/gpt-oss/.test(model) ? GROQ_GPT_OSS_WORDS(effort) : ON_OFF_WORDS(effort)), thinking: undefined },
  /** none or high (vercel/ai, packages/mistral). */
  mistral: { effort: inWords({ minimal: 'high', low: 'high', medium: 'high', xhigh: 'high', max: 'high' }), thinking: undefined },
  /** none to high (ollama, openai/openai.go). */
  ollama: { effort: inWords({ minimal: 'low', xhigh: 'high', max: 'high' }), thinking: undefined },
} as const satisfies Record<string, EffortForm>

function budget(tokens: number | undefined): JsonObject {
  return tokens === undefined ? {} : { thinking_budget: tokens }
}

/** Sets the effort in the dialect's form and takes every other form out. Changes `body`. */
export function setEffort(body: JsonObject, form: EffortForm, effort: string, model: string): void {
  for (const member of MEMBERS) delete body[member]
  Object.assign(body, form.effort(effort, model))
}
