// Providers that `init` writes a configuration for when it finds their key, with a few current models each, cheapest first.
// Prices come from the price book; addresses from the providers' own documentation (2026-11).

export type KnownProvider = {
  readonly name: string
  /** Environment variable that holds the key. */
  readonly keyVariable: string
  /** Environment variable by which official SDKs move the address; `undefined`: none. */
  readonly baseUrlVariable: string | undefined
  readonly baseUrl: string
  /** Models to write, cheapest first, as the provider names them. */
  readonly models: readonly string[]
}

export const KNOWN_PROVIDERS: readonly KnownProvider[] = [
  { name: 'openai', keyVariable: 'OPENAI_API_KEY', baseUrlVariable: 'OPENAI_BASE_URL', baseUrl: 'https://api.openai.com/v1', models: ['gpt-5.4-mini', 'gpt-5.4', 'gpt-5.5'] },
  { name: 'moonshot', keyVariable: 'MOONSHOT_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.moonshot.ai/v1', models: ['kimi-k2.6'] },
  { name: 'deepseek', keyVariable: 'DEEPSEEK_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.deepseek.com/v1', models: ['deepseek-v4-flash', 'deepseek-v4-pro'] },
  // Anthropic answers OpenAI's chat format at this address as well.
  { name: 'anthropic', keyVariable: 'ANTHROPIC_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.anthropic.com/v1', models: ['claude-haiku-4-5', 'claude-opus-4-7'] },
  { name: 'groq', keyVariable: 'GROQ_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.groq.com/openai/v1', models: ['openai/gpt-oss-20b', 'openai/gpt-oss-120b'] },
  { name: 'mistral', keyVariable: 'MISTRAL_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.mistral.ai/v1', models: ['mistral-small-latest', 'mistral-large'] },
  { name: 'xai', keyVariable: 'XAI_API_KEY', baseUrlVariable: undefined, baseUrl: 'https://api.x.ai/v1', models: ['grok-4-fast-non-reasoning', 'grok-4.6'] },
]
