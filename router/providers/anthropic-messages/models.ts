// What the generations of Claude accept: one row each, found by the model's name. Pure data; it decides nothing by itself.
// Sources: @anthropic-ai/sdk 1.12 (MessageCreateParams) and the model catalogue of @ai-sdk/anthropic 4.0.105, 2026-11.

/** What one generation accepts. */
export type ModelRules = {
  /** Most output tokens of one answer, thinking included; also `max_tokens` of a call that names none (the API requires it). */
  readonly maxOutputTokens: number
  /** Whether the name is one we know, so that `maxOutputTokens` may also lower what a client asked for. */
  readonly known: boolean
  /** `thinking: {type: adaptive}`, steered by `output_config.effort`. */
  readonly adaptive: boolean
  /** `thinking: {type: enabled, budget_tokens}`. */
  readonly budget: boolean
  /** `thinking: {type: disabled}`. */
  readonly canDisable: boolean
  /** Whether disabled thinking is refused above effort `high`. */
  readonly disabledUpToHigh: boolean
  /** `thinking: {type: between_tools}`, the least there is where thinking cannot be disabled. */
  readonly betweenTools: boolean
  /** Values of `output_config.effort`, lowest first; empty: the member is refused. */
  readonly efforts: readonly string[]
  /** Whether temperature, top_p and top_k may be anything but their defaults. */
  readonly sampling: boolean
  /** `tool_choice` any and tool. */
  readonly forcedTools: boolean
  /** `output_config.format` and strict tools. */
  readonly structured: boolean
  /** Messages of role `system` inside the conversation. */
  readonly systemTurns: boolean
}

const TO_HIGH = ['low', 'medium', 'high'] as const
const TO_MAX = [...TO_HIGH, 'max'] as const
const WITH_XHIGH = [...TO_HIGH, 'xhigh', 'max'] as const

const legacy: ModelRules = {
  maxOutputTokens: 4_096,
  known: true,
  adaptive: false,
  budget: false,
  canDisable: true,
  disabledUpToHigh: false,
  betweenTools: false,
  efforts: [],
  sampling: true,
  forcedTools: true,
  structured: false,
  systemTurns: false,
}
const budgeted: ModelRules = { ...legacy, budget: true, maxOutputTokens: 64_000, structured: true }
const adaptive: ModelRules = { ...budgeted, adaptive: true, maxOutputTokens: 128_000, efforts: TO_MAX }
const current: ModelRules = { ...adaptive, sampling: false, efforts: WITH_XHIGH }
const newest: ModelRules = { ...current, disabledUpToHigh: true, systemTurns: true }

/** Read from the top: a longer name stands before the name it begins with. */
const ROWS: readonly { readonly name: RegExp; readonly rules: ModelRules }[] = [
  { name: /claude-sonnet-5-5/, rules: { ...newest, canDisable: false, budget: false, forcedTools: false, betweenTools: true } },
  { name: /claude-opus-5-5/, rules: { ...newest, canDisable: false, budget: false, forcedTools: false } },
  { name: /claude-haiku-5-5/, rules: { ...newest, budget: false } },
  { name: /claude-opus-5/, rules: newest },
  { name: /claude-(fable|mythos)-5-[12]/, rules: { ...newest, canDisable: false, budget: false, forcedTools: false } },
  { name: /claude-(fable|mythos)-5/, rules: { ...newest, canDisable: false, budget: false } },
  // The first generation with system turns inside the conversation.
  { name: /claude-opus-4-8/, rules: { ...current, systemTurns: true } },
  { name: /claude-opus-4-7|claude-sonnet-5/, rules: current },
  { name: /claude-(opus|sonnet)-4-6/, rules: adaptive },
  { name: /claude-opus-4-5/, rules: { ...budgeted, efforts: TO_HIGH } },
  { name: /claude-(sonnet|haiku)-4-5/, rules: budgeted },
  { name: /claude-opus-4-1/, rules: { ...budgeted, maxOutputTokens: 32_000 } },
  { name: /claude-(sonnet-4|3-7-sonnet)(-|@|$)/, rules: { ...budgeted, structured: false } },
  { name: /claude-opus-4(-|@|$)/, rules: { ...budgeted, structured: false, maxOutputTokens: 32_000 } },
  { name: /claude-3-5/, rules: { ...legacy, maxOutputTokens: 8_192 } },
  { name: /claude-(3|instant|v?2)/, rules: legacy },
  // A name that is not out yet: as the newest, but nothing a client asked for is lowered on a guess.
  { name: /claude-/, rules: { ...newest, known: false, systemTurns: false } },
]

/**
 * Other makers' models behind this wire (MiniMax, GLM, DeepSeek and gateways): the plain form of the wire, and as `max_tokens`
 * what all of them accept. A target that should answer longer is sent `max_tokens` by its clients.
 */
const FOREIGN: ModelRules = { ...legacy, known: false, budget: true, structured: true, maxOutputTokens: 8_192 }

/**
 * The rules of a model, by its name as the provider knows it. Dates, regions and vendor prefixes around it do not matter, nor
 * whether the version is written 4-7 (Anthropic) or 4.7 (gateways).
 */
export function modelRules(model: string): ModelRules {
  const name = model.toLowerCase().replaceAll(/(?<=\d)\.(?=\d)/g, '-')
  return ROWS.find((row) => row.name.test(name))?.rules ?? FOREIGN
}
