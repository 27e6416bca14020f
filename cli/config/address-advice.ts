// Addresses of providers that parse and yet cannot work. In: the configuration as written, disabled providers too. Out: warnings
// that name what to write. Never shows a key or the user part of an address; asks nobody. Pure.
import type { ConfigFile, ProviderFile } from '../../core/config-schema.ts'
import type { Wire } from '../../core/model-request.ts'
import { knownAddress } from '../../router/providers/openai-chat/addresses.ts'
import { KNOWN_PROVIDERS } from '../init/known-providers.ts'

/** What adapters put behind a base address themselves. Azure AI Foundry's base does end in /models, so that alone is none. */
const ENDPOINT = /\/(?:models\/[^/]+:[a-z]+|(?:chat\/)?completions|responses|messages(?:\/count_tokens)?|embeddings)$/i
const VERSION = /\/v\d+(?:(?:alpha|beta)\d*)?(?:\/|$)/i
/** Version that a wire's own API has, where its address must hold one. */
const VERSION_OF: Partial<Record<Wire, string>> = { 'anthropic-messages': '/v1', gemini: '/v1beta' }
/** Public addresses that do not speak Chat Completions, and are in no table of those that do. */
const OTHER_HOSTS: readonly string[] = ['api.anthropic.com', 'generativelanguage.googleapis.com']
/** DeepSeek's documentation gives its address without a version as well. */
const WITHOUT_PATH: readonly string[] = ['api.deepseek.com']
/** Headers that carry a credential on some wire. */
const KEY_HEADERS: readonly string[] = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']

/** One warning for each mistake, in the order of the providers. */
export function addressAdvice(file: ConfigFile): string[] {
  return Object.entries(file.providers).flatMap(([name, provider]) => [addressFault(provider), missingKey(name, provider), idleDialect(provider)].flatMap((said) => (said === undefined ? [] : [`provider ${name}: ${said}`])))
}

function addressFault(provider: ProviderFile): string | undefined {
  const url = new URL(provider.base_url)
  const path = url.pathname.replace(/\/+$/, '')
  const endpoint = ENDPOINT.exec(path)?.[0]
  const base = endpoint === undefined ? path : path.slice(0, -endpoint.length)
  const version = VERSION_OF[provider.api]
  const known = knownAddress(url.origin)
  const usual = known === undefined || version !== undefined || WITHOUT_PATH.includes(url.hostname) ? undefined : known.baseUrl.replace(/^https?:\/\/[^/]+/, '')
  const full = version !== undefined && !VERSION.test(base) ? `${base}${version}` : base === '' && usual !== undefined ? usual : base
  if (full === path) return undefined
  const write = `write ${url.origin}${full}`
  if (endpoint !== undefined) return `base_url ends in ${endpoint}, which each call adds by itself: ${write}`
  return version !== undefined ? `base_url has no version, which ${provider.api} needs: ${write}` : `base_url has no path, and ${url.hostname} answers under ${full}: ${write}`
}

function missingKey(name: string, provider: ProviderFile): string | undefined {
  const keys = [provider.api_key ?? '', ...(provider.api_keys ?? [])]
  if (keys.some((key) => key !== '') || Object.keys(provider.headers).some((header) => KEY_HEADERS.includes(header.toLowerCase()))) return undefined
  const { hostname, protocol } = new URL(provider.base_url)
  if (!OTHER_HOSTS.includes(hostname) && knownAddress(`${protocol}//${hostname}`) === undefined) return undefined
  const variable = KNOWN_PROVIDERS.find((known) => new URL(known.baseUrl).hostname === hostname)?.keyVariables[0] ?? `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_API_KEY`
  return `${hostname} answers nobody without a key: write api_key: \${${variable}}`
}

function idleDialect(provider: ProviderFile): string | undefined {
  if (provider.dialect === undefined || provider.api === 'openai-chat') return undefined
  return `dialect ${provider.dialect} only means something with api: openai-chat, and this one is ${provider.api}: leave it out, or write api: openai-chat`
}
