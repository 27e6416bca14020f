// What list prices do not say: service tiers, speed and residency surcharges, and where the data format cannot express a
// provider's rule. One row a fact, each with its source and the date it was read; factors are on all token rates of the list
// price. A served tier that no row knows is priced as standard and called an estimate.
import type { DailyWindow, ScheduledRates, TargetPrice, UsageMark } from '../../core/prices.ts'

type Row = {
  /** Provider ids of the price data. */
  readonly provider: string
  readonly models: RegExp
  /** Only at these addresses; left out: at any. */
  readonly address?: RegExp
  readonly serviceTiers?: Readonly<Record<string, number>>
  readonly marks?: readonly UsageMark[]
  /** On all rates, whatever the tier. */
  readonly factor?: number
  readonly windows?: (window: DailyWindow) => { readonly window: DailyWindow; readonly fromMs: number }
  readonly source: string
}

const OPENAI_PRICES = 'developers.openai.com/api/docs/pricing and openai.com/api-fast-mode, 2026-10'
const CLAUDE_PRICES = 'platform.claude.com/docs/en/about-claude/pricing, 2026-10'
const GEMINI_PRICES = 'ai.google.dev/gemini-api/docs/pricing and /optimization, 2026-10'

/** OpenAI's fast mode was called priority processing until 2026-07-30, and answers still say `priority`. */
function fastMode(factor: number): Readonly<Record<string, number>> {
  return { priority: factor, fast: factor }
}

/** Later rows add to earlier ones; of two that name the same tier the later wins. */
export const ADJUSTMENTS: readonly Row[] = [
  { provider: 'openai', models: /./, serviceTiers: { flex: 0.5, batch: 0.5 }, source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-5(?:\.[1246])?(?:-(?:mini|codex|sol|terra|luna|\d|chat).*)?$/, serviceTiers: fastMode(2), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-5-mini/, serviceTiers: fastMode(1.8), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-5\.5(?:-(?:codex|\d|chat).*)?$/, serviceTiers: fastMode(2.5), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-6-astra/, serviceTiers: { ultrafast: 6 }, source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-4\.1(?:-mini)?(?:-\d.*)?$/, serviceTiers: fastMode(1.75), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-4\.1-nano/, serviceTiers: fastMode(2), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-4o(?:-2024-(?:08-06|11-20))?$/, serviceTiers: fastMode(1.7), source: OPENAI_PRICES },
  { provider: 'openai', models: /^gpt-4o-mini(?:-\d.*)?$/, serviceTiers: fastMode(5 / 3), source: OPENAI_PRICES },
  // Models released from 2026-03-05 on cost a tenth more at regional addresses.
  { provider: 'openai', models: /^gpt-(?:5\.[4-9]|[6-9])/, address: /^https:\/\/[a-z]{2}\.api\.openai\.com/, factor: 1.1, source: 'developers.openai.com/api/docs/guides/data-residency, 2026-10' },

  // `priority` is capacity bought ahead: its tokens have no price each. The adapter names fast mode (`usage.speed`) as a tier.
  { provider: 'anthropic', models: /./, serviceTiers: { batch: 0.5 }, source: CLAUDE_PRICES },
  { provider: 'anthropic', models: /^claude-(?:opus-4[-.][67]|4[-.][67]-opus)/, serviceTiers: { fast: 6 }, source: 'platform.claude.com/docs/en/build-with-claude/fast-mode, 2026-10' },
  { provider: 'anthropic', models: /^claude-(?:opus-(?:4[-.]8|5)|4[-.]8-opus)/, serviceTiers: { fast: 2 }, source: 'platform.claude.com/docs/en/build-with-claude/fast-mode, 2026-10' },
  { provider: 'anthropic', models: /^claude-(?:opus|sonnet|haiku)-(?:4[-.][6-9]|[5-9])/, marks: [{ member: 'inference_geo', value: 'us', factor: 1.1 }], source: 'platform.claude.com/docs/en/manage-claude/data-residency, 2026-10' },

  { provider: 'google', models: /^gemini-/, serviceTiers: { flex: 0.5, batch: 0.5 }, source: GEMINI_PRICES },
  { provider: 'google', models: /^gemini-3\.[78]-flash/, serviceTiers: { priority: 1.8 }, source: 'price comments of genai-prices 0.1.8 on these models' },

  { provider: 'groq', models: /./, serviceTiers: { flex: 1 }, source: 'console.groq.com/docs/flex-processing, 2026-10' },

  {
    // The format's constraint cannot be a date, a time and a weekday at once: V4 has had its peak hours since 17 August 2026,
    // and since 23 August none at weekends in Beijing.
    provider: 'deepseek',
    models: /^deepseek-v4/,
    windows: (window) => ({ window: { fromMinute: (window.fromMinute + 480) % 1440, untilMinute: (window.untilMinute + 480) % 1440, utcOffsetMinutes: 480, days: [1, 2, 3, 4, 5] }, fromMs: Date.UTC(2026, 7, 17) }),
    source: 'price comments of genai-prices 0.1.8 on deepseek-v4 (its issue 582)',
  },
]

/** The price with every row applied that is about this provider, model and address. */
export function adjusted(price: TargetPrice, provider: string, model: string, baseUrl: string): TargetPrice {
  const rows = ADJUSTMENTS.filter((row) => row.provider === provider && row.models.test(model) && (row.address === undefined || row.address.test(baseUrl)))
  const tiers = Object.assign({}, ...rows.map((row) => row.serviceTiers ?? {})) as Record<string, number> // the rows' own type
  const marks = rows.flatMap((row) => row.marks ?? [])
  const more = { ...(Object.keys(tiers).length === 0 ? {} : { serviceTiers: tiers }), ...(marks.length === 0 ? {} : { marks }) }
  const windows = rows.find((row) => row.windows !== undefined)?.windows
  const schedule = price.schedule?.map((entry): ScheduledRates => ({ ...entry, ...(windows === undefined || entry.window === undefined ? {} : windows(entry.window)), rates: { ...entry.rates, ...more } }))
  return { ...price, ...more, ...(schedule === undefined ? {} : { schedule }) }
}

/** What the address adds to every rate, e.g. 1.1; 1 when nothing. */
export function addressFactor(provider: string, model: string, baseUrl: string): number {
  return ADJUSTMENTS.filter((row) => row.factor !== undefined && row.provider === provider && row.models.test(model) && row.address?.test(baseUrl) === true).reduce((product, row) => product * (row.factor ?? 1), 1)
}
