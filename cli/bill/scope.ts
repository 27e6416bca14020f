// Which of our providers and which days an export is about. In: the configuration, the exports, the options' words. Out: names
// and whole UTC days. Throws `usage` where nothing of ours fits.
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ExportProvider, ProviderExport } from './exports/form.ts'
import type { Scope } from './reconcile.ts'

const DAY_MS = 86_400_000
const HOSTS: Readonly<Record<ExportProvider, string>> = { openai: 'api.openai.com', anthropic: 'api.anthropic.com', openrouter: 'openrouter.ai' }

/** Our names of the provider that an export is of: those asked for, else those at its address or of its name. */
export function ourProviders(config: Config, provider: ExportProvider, asked: readonly string[]): string[] {
  if (asked.length > 0) return [...asked]
  const found = [...config.providers.values()].filter(({ name, baseUrl }) => name === provider || hostOf(baseUrl) === HOSTS[provider]).map(({ name }) => name)
  if (found.length === 0) throw new WeighbridgeError('usage', `No configured provider is at ${HOSTS[provider]}`, { remedy: `Name it: --ours NAME (configured: ${[...config.providers.keys()].join(', ') || 'none'}).` })
  return found
}

/**
 * The whole UTC days to compare: those that every kind of export covers and the period asked for, but not today, which is not over.
 * `notes` says what was left out for that.
 */
export function comparedDays(exports: readonly ProviderExport[], asked: { readonly from: Date; readonly to: Date } | undefined, nowMs: number): { readonly scope: Scope; readonly notes: readonly string[] } {
  const covered = [...Map.groupBy(exports, ({ kind }) => kind).values()]
  let fromMs = Math.max(...covered.map((list) => Math.min(...list.map((one) => one.fromMs))))
  let toMs = Math.min(...covered.map((list) => Math.max(...list.map((one) => one.toMs))))
  if (asked !== undefined) {
    fromMs = Math.max(fromMs, asked.from.getTime())
    toMs = Math.min(toMs, asked.to.getTime())
  }
  const notes: string[] = []
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  if (toMs > today) notes.push('Today (UTC) is not over: not compared.')
  const scope = { fromMs: Math.ceil(fromMs / DAY_MS) * DAY_MS, toMs: Math.floor(Math.min(toMs, today) / DAY_MS) * DAY_MS }
  if (scope.fromMs >= scope.toMs) throw new WeighbridgeError('usage', 'The export and the period asked for share no whole day that is over')
  return { scope, notes }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
