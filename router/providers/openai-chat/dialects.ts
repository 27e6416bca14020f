// Where OpenAI-compatible providers deviate from OpenAI's Chat Completions: one row each, found by config or by address. Pure
// data; what is done about a deviation stands in the files that build and read. A row says only what its source says.
import type { Dialect, Provider } from '../../../core/config.ts'
import { openaiModel } from '../openai-models.ts'
import { knownAddress } from './addresses.ts'
import { EFFORT_FORMS, type EffortForm } from './effort.ts'
import { OPENAI_USAGE, type UsageRules } from './usage.ts'

/** Something of a request that a dialect does not have, by OpenAI's name for it (`image_url`: images by address). */
export type Lack =
  | 'temperature' | 'top_p' | 'top_k' | 'presence_penalty' | 'frequency_penalty' | 'seed' | 'stop' | 'logprobs' | 'parallel_tool_calls' | 'verbosity' | 'service_tier' | 'user'
  | 'json_schema' | 'forced_tool_choice' | 'tool_choice' | 'strict' | 'image_url' | 'file' | 'file_url' | 'name'

export type DialectRules = {
  /** Name of the output limit that it wants; the other is renamed unless it takes both. */
  readonly limit: 'max_tokens' | 'max_completion_tokens'
  readonly takesBothLimits: boolean
  /** Whether a stream tells usage without being asked, and asking may be an error. */
  readonly usageUnasked: boolean
  /** Further members of every request. */
  readonly always: Readonly<Record<string, unknown>>
  readonly effort: EffortForm
  /** Whether it knows the role `developer`, which is OpenAI's own; elsewhere `system` takes its place. */
  readonly developerRole: boolean
  readonly seed: 'seed' | 'random_seed'
  /** Its word for "some tool must be called". */
  readonly required: 'required' | 'any'
  /** Whether ids of tool calls must be nine letters or digits. */
  readonly nineLetterIds: boolean
  readonly lacks: ReadonlySet<Lack>
  /** What a model lacks besides, at this effort (`undefined`: the model's own). */
  readonly modelLacks: (model: string, effort: string | undefined) => readonly Lack[]
  /** Members of a body that it refuses and that change no answer: taken out of its own wire's bodies too. */
  readonly refusedHints: readonly string[]
  /** Members of messages that it refuses; clients bring them back from other providers' answers. */
  readonly refusedInMessages: readonly string[]
  /** Whether parts may carry Anthropic's `cache_control`. */
  readonly cacheControl: boolean
  /** How it wants its own reasoning back. */
  readonly reasoningBack: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details'
  /** Whether a message with tool calls must have reasoning while the model thinks. */
  readonly reasoningWithCalls: boolean
  readonly usage: UsageRules
}

const NOTHING: readonly never[] = []
const ANSWER_MEMBERS = ['reasoning_content', 'reasoning', 'reasoning_details', 'annotations', 'audio', 'refusal', 'provider_specific_fields', 'thinking_blocks', 'function_call']

const PLAIN: DialectRules = {
  limit: 'max_tokens',
  takesBothLimits: true,
  usageUnasked: false,
  always: {},
  effort: EFFORT_FORMS.openai,
  developerRole: false,
  seed: 'seed',
  required: 'required',
  nineLetterIds: false,
  lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file_url']),
  modelLacks: () => NOTHING,
  refusedHints: NOTHING,
  refusedInMessages: NOTHING,
  cacheControl: false,
  reasoningBack: 'none',
  reasoningWithCalls: false,
  // Gateways that report dollars do so as OpenRouter does.
  usage: { ...OPENAI_USAGE, reportedCost: 'usd' },
}

export const DIALECT_RULES: Readonly<Record<Dialect, DialectRules>> = {
  plain: PLAIN,
  // openai 7.57: `max_tokens` is deprecated and not compatible with reasoning models; @ai-sdk/openai 4 for what those refuse.
  openai: { ...PLAIN, limit: 'max_completion_tokens', takesBothLimits: false, developerRole: true, lacks: new Set<Lack>(['top_k', 'file_url']), modelLacks: openaiLacks, usage: OPENAI_USAGE },
  // platform.kimi.ai/docs/api/chat: roles, `max_completion_tokens`, no `developer`; vercel/ai packages/moonshotai: fixed sampling;
  // the API's own 400: "thinking is enabled but reasoning_content is missing in assistant tool call message".
  moonshot: { ...PLAIN, limit: 'max_completion_tokens', effort: EFFORT_FORMS.moonshot, lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file', 'file_url', 'seed', 'strict']), modelLacks: moonshotLacks, reasoningBack: 'reasoning_content', reasoningWithCalls: true, usage: OPENAI_USAGE },
  // api-docs.deepseek.com, Create Chat Completion and Thinking Mode; vercel/ai packages/deepseek: JSON objects only, no seed.
  deepseek: { ...PLAIN, takesBothLimits: false, effort: EFFORT_FORMS.deepseek, lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file', 'file_url', 'seed', 'json_schema', 'user']), reasoningBack: 'reasoning_content', reasoningWithCalls: true, usage: OPENAI_USAGE },
  // vercel/ai packages/alibaba: top_k, cache_control, cache_creation_input_tokens; no frequency penalty.
  qwen: { ...PLAIN, takesBothLimits: false, effort: EFFORT_FORMS.qwen, lacks: new Set<Lack>(['verbosity', 'service_tier', 'file', 'file_url', 'frequency_penalty', 'user']), cacheControl: true, usage: OPENAI_USAGE },
  // vercel/ai packages/xai: usage and what reasoning models refuse; docs.x.ai, Cost Tracking: ticks.
  xai: { ...PLAIN, effort: EFFORT_FORMS.xai, lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file_url']), modelLacks: xaiLacks, usage: { reasoningIsExtra: true, cachedMayBeExtra: true, reportedCost: 'xai_ticks' } },
  // console.groq.com/docs/openai: no logprobs, logit_bias, messages[].name; its 400 "property 'reasoning_content' is unsupported".
  groq: { ...PLAIN, limit: 'max_completion_tokens', effort: EFFORT_FORMS.groq, lacks: new Set<Lack>(['top_k', 'verbosity', 'file', 'file_url', 'logprobs', 'name']), refusedInMessages: ['reasoning_content', 'reasoning_details'], usage: OPENAI_USAGE },
  // @mistralai/mistralai ChatCompletionRequest: `random_seed`, `any`; its 422 "extra_forbidden" for every other member, its 400
  // "Tool call id … must be a-z, A-Z, 0-9, with a length of 9".
  mistral: {
    ...PLAIN,
    takesBothLimits: false,
    usageUnasked: true,
    effort: EFFORT_FORMS.mistral,
    seed: 'random_seed',
    required: 'any',
    nineLetterIds: true,
    lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file', 'file_url', 'logprobs', 'user', 'name']),
    refusedHints: ['store', 'user', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'safety_identifier', 'verbosity'],
    refusedInMessages: [...ANSWER_MEMBERS, 'name'],
    usage: OPENAI_USAGE,
  },
  // openrouter.ai/docs: Reasoning Tokens, Usage Accounting, Prompt Caching.
  openrouter: { ...PLAIN, always: { usage: { include: true } }, effort: EFFORT_FORMS.openrouter, lacks: new Set<Lack>(['service_tier']), cacheControl: true, reasoningBack: 'reasoning_details' },
  // docs.vllm.ai, OpenAI-Compatible Server: extra sampling parameters.
  vllm: { ...PLAIN, lacks: new Set<Lack>(['verbosity', 'service_tier', 'file', 'file_url']), usage: OPENAI_USAGE },
  // llama.cpp tools/server: either limit, top_k, JSON Schema.
  'llama.cpp': { ...PLAIN, lacks: new Set<Lack>(['verbosity', 'service_tier', 'file', 'file_url']), usage: OPENAI_USAGE },
  // ollama openai/openai.go ChatCompletionRequest: what is not a member there is ignored, so what matters must not be sent; images as data only.
  ollama: { ...PLAIN, takesBothLimits: false, effort: EFFORT_FORMS.ollama, lacks: new Set<Lack>(['top_k', 'verbosity', 'service_tier', 'file', 'file_url', 'logprobs', 'forced_tool_choice', 'tool_choice', 'parallel_tool_calls', 'image_url', 'user']), reasoningBack: 'reasoning', usage: OPENAI_USAGE },
}

/** A provider's dialect: the configured one, else that of its address, else the plain form. */
export function dialectOf(provider: Provider): Dialect {
  return provider.dialect ?? knownAddress(provider.baseUrl)?.dialect ?? 'plain'
}

export function rulesOf(provider: Provider): DialectRules {
  return DIALECT_RULES[dialectOf(provider)]
}

/** Whether anything is lacking, in the dialect or in the model. */
export function lacksOf(rules: DialectRules, model: string, effort: string | undefined): ReadonlySet<Lack> {
  const more = rules.modelLacks(model, effort)
  return more.length === 0 ? rules.lacks : new Set([...rules.lacks, ...more])
}

function openaiLacks(name: string, effort: string | undefined): readonly Lack[] {
  const model = openaiModel(name)
  if (model.reasons !== true) return model.reasons === false ? ['verbosity'] : NOTHING
  const sampling: readonly Lack[] = model.samplesAtNone && effort === 'none' ? NOTHING : ['temperature', 'top_p', 'logprobs']
  return [...sampling, 'presence_penalty', 'frequency_penalty', ...(model.stops ? [] : (['stop'] as const))]
}

function moonshotLacks(model: string, effort: string | undefined): readonly Lack[] {
  if (!/kimi/.test(model)) return NOTHING
  // While it thinks, tool_choice may only be auto or none.
  const thinks = effort !== 'none' || !/kimi-k2\.[56]/.test(model)
  return ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', ...(thinks ? (['forced_tool_choice'] as const) : [])]
}

function xaiLacks(model: string): readonly Lack[] {
  const reasons = !model.includes('-non-reasoning') && /-reasoning|^grok-(?:[4-9]|3-mini|code-fast-1)/.test(model)
  if (reasons) return ['presence_penalty', 'frequency_penalty', 'stop']
  return model.startsWith('grok-3') ? ['presence_penalty'] : NOTHING
}
