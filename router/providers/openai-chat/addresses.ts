// Providers whose documentation gives an address that speaks Chat Completions, with the dialect found there. Pure data, also for
// the tables of docs/. `plain` means: nothing known that needs a row in dialects.ts.
import type { Dialect } from '../../../core/config.ts'

export type KnownAddress = {
  readonly name: string
  readonly baseUrl: string
  /** A provider stands here when its host is this one or ends with it after a dot. */
  readonly host: string
  readonly dialect: Dialect
  /** Where the provider describes it. */
  readonly docs: string
  /** Header for the key where it is not `authorization: Bearer`. */
  readonly keyHeader?: string
}

export const KNOWN_ADDRESSES: readonly KnownAddress[] = [
  { name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', host: 'api.openai.com', dialect: 'openai', docs: 'https://platform.openai.com/docs/api-reference/chat' },
  // The key goes in `api-key` (openai 7.57, AzureOpenAI.authHeaders); a bearer token of Entra goes in `headers`.
  { name: 'Azure OpenAI', baseUrl: 'https://RESOURCE.openai.azure.com/openai/v1', host: 'openai.azure.com', dialect: 'openai', keyHeader: 'api-key', docs: 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle' },
  { name: 'Azure AI Foundry', baseUrl: 'https://RESOURCE.services.ai.azure.com/openai/v1', host: 'services.ai.azure.com', dialect: 'openai', keyHeader: 'api-key', docs: 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle' },
  { name: 'Moonshot (Kimi)', baseUrl: 'https://api.moonshot.ai/v1', host: 'api.moonshot.ai', dialect: 'moonshot', docs: 'https://platform.kimi.ai/docs/api/chat' },
  { name: 'Moonshot (Kimi), China', baseUrl: 'https://api.moonshot.cn/v1', host: 'api.moonshot.cn', dialect: 'moonshot', docs: 'https://platform.kimi.com/docs/api/chat' },
  { name: 'DeepSeek', baseUrl: 'https://api.deepseek.com/v1', host: 'api.deepseek.com', dialect: 'deepseek', docs: 'https://api-docs.deepseek.com' },
  { name: 'Qwen (Model Studio), international', baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', host: 'dashscope-intl.aliyuncs.com', dialect: 'qwen', docs: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope' },
  { name: 'Qwen (Model Studio), US', baseUrl: 'https://dashscope-us.aliyuncs.com/compatible-mode/v1', host: 'dashscope-us.aliyuncs.com', dialect: 'qwen', docs: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope' },
  { name: 'Qwen (Model Studio), China', baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1', host: 'dashscope.aliyuncs.com', dialect: 'qwen', docs: 'https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope' },
  { name: 'xAI', baseUrl: 'https://api.x.ai/v1', host: 'api.x.ai', dialect: 'xai', docs: 'https://docs.x.ai/docs/api-reference' },
  { name: 'Groq', baseUrl: 'https://api.groq.com/openai/v1', host: 'api.groq.com', dialect: 'groq', docs: 'https://console.groq.com/docs/openai' },
  { name: 'Mistral', baseUrl: 'https://api.mistral.ai/v1', host: 'api.mistral.ai', dialect: 'mistral', docs: 'https://docs.mistral.ai/api' },
  { name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', host: 'openrouter.ai', dialect: 'openrouter', docs: 'https://openrouter.ai/docs/api-reference/overview' },
  { name: 'Together AI', baseUrl: 'https://api.together.xyz/v1', host: 'api.together.xyz', dialect: 'plain', docs: 'https://docs.together.ai/docs/openai-api-compatibility' },
  { name: 'Fireworks AI', baseUrl: 'https://api.fireworks.ai/inference/v1', host: 'api.fireworks.ai', dialect: 'plain', docs: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility' },
  { name: 'Cerebras', baseUrl: 'https://api.cerebras.ai/v1', host: 'api.cerebras.ai', dialect: 'plain', docs: 'https://inference-docs.cerebras.ai/resources/openai' },
  { name: 'DeepInfra', baseUrl: 'https://api.deepinfra.com/v1/openai', host: 'api.deepinfra.com', dialect: 'plain', docs: 'https://deepinfra.com/docs/openai_api' },
  { name: 'SambaNova', baseUrl: 'https://api.sambanova.ai/v1', host: 'api.sambanova.ai', dialect: 'plain', docs: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility' },
  { name: 'Novita', baseUrl: 'https://api.novita.ai/openai', host: 'api.novita.ai', dialect: 'plain', docs: 'https://novita.ai/docs/guides/llm-api' },
  { name: 'NVIDIA NIM', baseUrl: 'https://integrate.api.nvidia.com/v1', host: 'integrate.api.nvidia.com', dialect: 'plain', docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis' },
  { name: 'Hugging Face', baseUrl: 'https://router.huggingface.co/v1', host: 'router.huggingface.co', dialect: 'plain', docs: 'https://huggingface.co/docs/inference-providers' },
  { name: 'Perplexity', baseUrl: 'https://api.perplexity.ai', host: 'api.perplexity.ai', dialect: 'plain', docs: 'https://docs.perplexity.ai/guides/chat-completions-guide' },
  { name: 'Z.ai (GLM)', baseUrl: 'https://api.z.ai/api/paas/v4', host: 'api.z.ai', dialect: 'plain', docs: 'https://docs.z.ai/guides/develop/openai/python' },
  { name: 'MiniMax', baseUrl: 'https://api.minimax.io/v1', host: 'api.minimax.io', dialect: 'plain', docs: 'https://platform.minimax.io/docs/api-reference/text-openai-api' },
  { name: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', host: '127.0.0.1:8000', dialect: 'vllm', docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html' },
  { name: 'llama.cpp', baseUrl: 'http://127.0.0.1:8080/v1', host: '127.0.0.1:8080', dialect: 'llama.cpp', docs: 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server' },
  { name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', host: '127.0.0.1:11434', dialect: 'ollama', docs: 'https://docs.ollama.com/api/openai-compatibility' },
]

/** Ports of one's own machine are anybody's: only Ollama's is never another's. */
const BY_PORT: ReadonlySet<string> = new Set(['127.0.0.1:11434', 'localhost:11434'])

const remembered = new Map<string, KnownAddress | undefined>()

/** The row of a base address; `undefined` for an unknown one. Addresses come from the configuration: few, and asked for at every call. */
export function knownAddress(baseUrl: string): KnownAddress | undefined {
  if (!remembered.has(baseUrl)) remembered.set(baseUrl, findAddress(baseUrl))
  return remembered.get(baseUrl)
}

function findAddress(baseUrl: string): KnownAddress | undefined {
  const start = baseUrl.indexOf('//') + 2
  const end = baseUrl.indexOf('/', start)
  const authority = baseUrl.slice(start, end === -1 ? undefined : end).toLowerCase()
  if (BY_PORT.has(authority)) return KNOWN_ADDRESSES.find((known) => known.dialect === 'ollama')
  const host = authority.replace(/:\d+$/, '')
  return KNOWN_ADDRESSES.find((known) => host === known.host || host.endsWith(`.${known.host}`))
}
