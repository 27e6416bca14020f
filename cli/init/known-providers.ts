// Providers that `init` writes a configuration for when it finds their key, with a few current models each, cheapest first.
// Prices come from the price book; addresses from the providers' own documentation (2026-11).
import type { Environment } from '../../core/config.ts'
import type { Wire } from '../../core/model-request.ts'

export type KnownProvider = {
  readonly name: string
  /** Wire format it is asked in: its own, where it has one. */
  readonly api: Wire
  /** Environment variables that may hold the key; the first that is set does. */
  readonly keyVariables: readonly [string, ...string[]]
  /** Environment variable by which official SDKs move the address; `undefined`: none. */
  readonly baseUrlVariable: string | undefined
  readonly baseUrl: string
  /** Models to write, cheapest first, as the provider names them. */
  readonly models: readonly string[]
}

export const KNOWN_PROVIDERS: readonly KnownProvider[] = [
  { name: 'openai', api: 'openai-chat', keyVariables: ['OPENAI_API_KEY'], baseUrlVariable: 'OPENAI_BASE_URL', baseUrl: 'https://api.openai.com/v1', models: ['gpt-5.4-mini', 'gpt-5.4', 'gpt-5.5'] },
  { name: 'moonshot', api: 'openai-chat', keyVariables: ['MOONSHOT_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.moonshot.ai/v1', models: ['kimi-k2.6'] },
  { name: 'deepseek', api: 'openai-chat', keyVariables: ['DEEPSEEK_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.deepseek.com/v1', models: ['deepseek-v4-flash', 'deepseek-v4-pro'] },
  { name: 'anthropic', api: 'anthropic-messages', keyVariables: ['ANTHROPIC_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.anthropic.com/v1', models: ['claude-haiku-4-5', 'claude-opus-4-7'] },
  { name: 'google', api: 'gemini', keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://generativelanguage.googleapis.com/v1beta', models: ['gemini-2.5-flash', 'gemini-2.5-pro'] },
  { name: 'groq', api: 'openai-chat', keyVariables: ['GROQ_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.groq.com/openai/v1', models: ['openai/gpt-oss-20b', 'openai/gpt-oss-120b'] },
  { name: 'mistral', api: 'openai-chat', keyVariables: ['MISTRAL_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.mistral.ai/v1', models: ['mistral-small-latest', 'mistral-large'] },
  { name: 'xai', api: 'openai-chat', keyVariables: ['XAI_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://api.x.ai/v1', models: ['grok-4-fast-non-reasoning', 'grok-4.6'] },
  { name: 'openrouter', api: 'openai-chat', keyVariables: ['OPENROUTER_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://openrouter.ai/api/v1', models: ['moonshotai/kimi-k2.6'] },
  // The price book of this version knows no prices there, so that init names it and leaves it out.
  { name: 'qwen', api: 'openai-chat', keyVariables: ['DASHSCOPE_API_KEY'], baseUrlVariable: undefined, baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', models: ['qwen-plus'] },
]

/** The variable that holds the key of a provider; `undefined`: none of them is set. */
export function keyVariableIn(known: KnownProvider, env: Environment): string | undefined {
  return known.keyVariables.find((variable) => (env[variable] ?? '') !== '')
}
