// What each simulated model is like. Every figure names its source; a figure nobody published is marked `assumed`, so
// that nothing here can be taken for a measurement of the real model. Pure data.
import type { Wire } from '../core/model-request.ts'
import type { InputBucket } from '../core/usage.ts'
import type { Habits } from './traffic-follow-ups.ts'

/** A value with where it comes from. `assumed`: ours, chosen to be plausible, not published by anyone. */
export type Figure<T = number> = { readonly value: T; readonly source: string; readonly assumed: boolean }

/** One simulated model. Rates are in 0..1. */
export type ModelProfile = {
  readonly name: string
  /** Path prefix and owner: the model answers under `/PROVIDER/v1` (and under `/v1`). */
  readonly provider: string
  /** When it reasons before it answers: never, when an effort or thinking is asked for, or always. */
  readonly thinks: 'never' | 'asked' | 'always'
  /** USD per million tokens. */
  readonly price: Figure<{ readonly input: number; readonly cacheRead: number; readonly output: number }>
  /** Most tokens of input and output together. */
  readonly contextWindow: Figure
  /** Median milliseconds to the first token of a short prompt, without reasoning. */
  readonly ttftMs: Figure
  /** Median output tokens per second. */
  readonly tokensPerSecond: Figure
  /** Shares of clear pushback, partial challenge and acceptance on nonsense; they sum to 1. */
  readonly nonsense: Figure<{ readonly clear: number; readonly partial: number; readonly accepted: number }>
  /** Share of legitimate look-alikes that are challenged. */
  readonly falsePushback: Figure
  /** C/N on answerable factual probes. */
  readonly accuracy: Figure
  /** I/(P+I+NA) on answerable factual probes. */
  readonly hallucination: Figure
  /** Share of the answers that are not correct which are partly so; cut down where the hallucination rate leaves less room. */
  readonly partialShare: Figure
  /** Share of unanswerable factual probes that get an invented answer. */
  readonly fabrication: Figure
  /** Share of everyday prompts answered with a right answer; also of task probes that are neither code nor extraction. */
  readonly everydayAccuracy: Figure
  /** Share of code probes whose check passes. */
  readonly codeAccuracy: Figure
  /** Share of extraction probes that are right in every place. */
  readonly extractionAccuracy: Figure
  /** What people do with its answers, as shares: ask again, correct, go on. */
  readonly habits: Figure<Habits>
  /** Length of free answers by input size, relative to gpt-5.4. */
  readonly verbosity: Figure<Readonly<Record<InputBucket, number>>>
}

const BULLSHITBENCH = 'BullshitBench v2 (petergpt/bullshit-benchmark): green/amber/red'
// Taken from press and blog reports of the benchmark, not from its own pages.
const OMNISCIENCE = 'AA-Omniscience (Artificial Analysis, April 2026, as reported by others)'
const GENAI_PRICES = 'genai-prices 0.1.8'

const published = <T>(value: T, source: string): Figure<T> => ({ value, source, assumed: false })
const assumed = <T>(value: T, why: string): Figure<T> => ({ value, source: `assumption of this project: ${why}`, assumed: true })

const price = (input: number, cacheRead: number, output: number): ModelProfile['price'] => published({ input, cacheRead, output }, GENAI_PRICES)
const pushback = (clear: number, partial: number, accepted: number) => ({ clear: clear / 100, partial: partial / 100, accepted: accepted / 100 })
const speed = 'order of magnitude of hosted models of this size'
const EVEN = { '<2k': 1, '2-10k': 1, '10-128k': 1, '>128k': 1 } as const
const evenVerbosity = assumed(EVEN, 'no published lengths relative to gpt-5.4')

/** Moonshot's Kimi K2.6. */
export const KIMI_K2_6: ModelProfile = {
  name: 'kimi-k2.6',
  provider: 'moonshot',
  thinks: 'asked',
  price: price(0.95, 0.16, 4),
  contextWindow: published(262_144, GENAI_PRICES),
  ttftMs: assumed(650, speed),
  tokensPerSecond: assumed(75, speed),
  nonsense: published(pushback(65, 21, 14), BULLSHITBENCH),
  falsePushback: assumed(0.08, 'rises with the pushback rate'),
  accuracy: assumed(0.33, 'open-weight models know less by heart than the dearer ones'),
  hallucination: assumed(0.45, 'between the two published ones'),
  partialShare: assumed(0.06, 'few short answers are half right'),
  fabrication: assumed(0.4, 'near the hallucination rate'),
  everydayAccuracy: assumed(0.93, 'everyday questions are easy'),
  codeAccuracy: assumed(0.74, 'small specified functions are easy, their edge cases are not'),
  extractionAccuracy: assumed(0.82, 'most documents are read without a fault'),
  habits: assumed({ regenerate: 0.08, edit: 0.06, goOn: 0.35 }, 'fewer corrections of better models'),
  verbosity: evenVerbosity,
}

/** OpenAI's gpt-5.4. */
export const GPT_5_4: ModelProfile = {
  name: 'gpt-5.4',
  provider: 'openai',
  thinks: 'asked',
  price: price(2.5, 0.25, 15),
  contextWindow: published(1_050_000, GENAI_PRICES),
  ttftMs: assumed(520, speed),
  tokensPerSecond: assumed(85, speed),
  nonsense: published(pushback(48, 36, 16), BULLSHITBENCH),
  falsePushback: assumed(0.03, 'rises with the pushback rate'),
  accuracy: assumed(0.49, 'below its successor'),
  hallucination: assumed(0.8, 'near its successor'),
  partialShare: assumed(0.06, 'few short answers are half right'),
  fabrication: assumed(0.65, 'below the hallucination rate: some questions are plainly unanswerable'),
  everydayAccuracy: assumed(0.95, 'everyday questions are easy'),
  codeAccuracy: assumed(0.8, 'small specified functions are easy, their edge cases are not'),
  extractionAccuracy: assumed(0.86, 'most documents are read without a fault'),
  habits: assumed({ regenerate: 0.06, edit: 0.05, goOn: 0.38 }, 'fewer corrections of better models'),
  verbosity: assumed(EVEN, 'the yardstick of the others'),
}

/** OpenAI's gpt-5.5. */
export const GPT_5_5: ModelProfile = {
  name: 'gpt-5.5',
  provider: 'openai',
  thinks: 'asked',
  price: price(5, 0.5, 30),
  contextWindow: published(1_000_000, GENAI_PRICES),
  ttftMs: assumed(700, speed),
  tokensPerSecond: assumed(70, speed),
  nonsense: published(pushback(45, 39, 16), BULLSHITBENCH),
  falsePushback: assumed(0.03, 'rises with the pushback rate'),
  accuracy: published(0.57, `${OMNISCIENCE}, gpt-5.5 at its highest effort`),
  hallucination: published(0.86, `${OMNISCIENCE}, gpt-5.5 at its highest effort`),
  partialShare: assumed(0.06, 'few short answers are half right'),
  fabrication: assumed(0.7, 'below the hallucination rate: some questions are plainly unanswerable'),
  everydayAccuracy: assumed(0.96, 'everyday questions are easy'),
  codeAccuracy: assumed(0.86, 'small specified functions are easy, their edge cases are not'),
  extractionAccuracy: assumed(0.9, 'most documents are read without a fault'),
  habits: assumed({ regenerate: 0.05, edit: 0.05, goOn: 0.4 }, 'fewer corrections of better models'),
  // Measured on what people paid when gpt-5.4 became gpt-5.5: answers 19–34% shorter above 10k input tokens, 52% longer
  // at 2–10k, unchanged below. The two upper classes take the ends of the published range, which class has which is ours.
  verbosity: assumed({ '<2k': 1, '2-10k': 1.52, '10-128k': 0.81, '>128k': 0.66 }, 'ratios to gpt-5.4 from a published comparison, the ends of its 19–34% range placed by us'),
}

/** Anthropic's Claude Opus 4.7. */
export const CLAUDE_OPUS_4_7: ModelProfile = {
  name: 'claude-opus-4.7',
  provider: 'anthropic',
  thinks: 'asked',
  price: price(5, 0.5, 25),
  contextWindow: published(1_000_000, GENAI_PRICES),
  ttftMs: assumed(900, speed),
  tokensPerSecond: assumed(60, speed),
  nonsense: published(pushback(83, 13, 4), BULLSHITBENCH),
  falsePushback: assumed(0.05, 'rises with the pushback rate'),
  // C − h·(1 − C) = .262 with h = .36 gives C = .457.
  accuracy: published(0.457, `${OMNISCIENCE}: follows from its published index 26.2 and hallucination rate`),
  hallucination: published(0.36, `${OMNISCIENCE}, Claude Opus 4.7 at its highest effort`),
  partialShare: assumed(0.06, 'few short answers are half right'),
  fabrication: assumed(0.3, 'near the hallucination rate'),
  everydayAccuracy: assumed(0.96, 'everyday questions are easy'),
  codeAccuracy: assumed(0.88, 'small specified functions are easy, their edge cases are not'),
  extractionAccuracy: assumed(0.91, 'most documents are read without a fault'),
  habits: assumed({ regenerate: 0.035, edit: 0.03, goOn: 0.42 }, 'fewer corrections of better models'),
  verbosity: evenVerbosity,
}

/** DeepSeek's V4 Pro, off-peak. */
export const DEEPSEEK_V4_PRO: ModelProfile = {
  name: 'deepseek-v4-pro',
  provider: 'deepseek',
  thinks: 'always',
  price: price(0.66, 0.022, 1.98),
  contextWindow: published(1_048_576, GENAI_PRICES),
  ttftMs: assumed(1_100, speed),
  tokensPerSecond: assumed(45, speed),
  nonsense: assumed(pushback(40, 30, 30), 'below kimi-k2.6'),
  falsePushback: assumed(0.05, 'rises with the pushback rate'),
  accuracy: assumed(0.36, 'near kimi-k2.6'),
  hallucination: assumed(0.8, 'near gpt-5.4'),
  partialShare: assumed(0.06, 'few short answers are half right'),
  fabrication: assumed(0.6, 'below the hallucination rate'),
  everydayAccuracy: assumed(0.93, 'everyday questions are easy'),
  codeAccuracy: assumed(0.78, 'small specified functions are easy, their edge cases are not'),
  extractionAccuracy: assumed(0.8, 'most documents are read without a fault'),
  habits: assumed({ regenerate: 0.08, edit: 0.06, goOn: 0.33 }, 'fewer corrections of better models'),
  verbosity: evenVerbosity,
}

const rates = 'stands in for the wire it speaks, not for its quality'

/** Rates of models that are here for their wire alone. */
const likeTheOthers = {
  ttftMs: assumed(700, speed),
  tokensPerSecond: assumed(80, speed),
  nonsense: assumed(pushback(50, 30, 20), rates),
  falsePushback: assumed(0.05, rates),
  accuracy: assumed(0.45, rates),
  hallucination: assumed(0.6, rates),
  partialShare: assumed(0.06, rates),
  fabrication: assumed(0.5, rates),
  everydayAccuracy: assumed(0.94, rates),
  codeAccuracy: assumed(0.78, rates),
  extractionAccuracy: assumed(0.84, rates),
  habits: assumed({ regenerate: 0.07, edit: 0.06, goOn: 0.34 }, 'fewer corrections of better models'),
  verbosity: evenVerbosity,
} as const

/** Google's Gemini 3 Flash. */
export const GEMINI_3_FLASH: ModelProfile = { name: 'gemini-3-flash-preview', provider: 'google', thinks: 'always', price: price(0.5, 0.05, 3), contextWindow: published(1_000_000, GENAI_PRICES), ...likeTheOthers }

/** xAI's Grok 4. */
export const GROK_4: ModelProfile = { name: 'grok-4', provider: 'xai', thinks: 'always', price: price(3, 0.75, 15), contextWindow: published(256_000, GENAI_PRICES), ...likeTheOthers }

/** Kimi K2.6 as OpenRouter offers it. */
export const OPENROUTER_KIMI_K2_6: ModelProfile = { name: 'moonshotai/kimi-k2.6', provider: 'openrouter', thinks: 'asked', price: price(0.68, 0.34, 3.41), contextWindow: published(262_144, GENAI_PRICES), ...likeTheOthers }

/** A model that makes vectors. */
export type EmbeddingProfile = { readonly name: string; readonly provider: string; /** USD per million tokens. */ readonly price: Figure; /** Most tokens of one input. */ readonly contextWindow: Figure; readonly dimensions: number }

/** The embedding models the sim answers for, on either embeddings API. */
export const EMBEDDING_MODELS: readonly EmbeddingProfile[] = [
  { name: 'text-embedding-3-small', provider: 'openai', price: published(0.02, GENAI_PRICES), contextWindow: published(8_192, GENAI_PRICES), dimensions: 1536 },
  { name: 'gemini-embedding-001', provider: 'google', price: published(0.15, GENAI_PRICES), contextWindow: assumed(2_048, 'as its documentation said in 2025'), dimensions: 3072 },
]

/** The wires each simulated provider speaks in earnest. The sim answers every wire for every provider, so that any pair can be tried. */
export const NATIVE_WIRES: Readonly<Record<string, readonly Wire[]>> = {
  moonshot: ['openai-chat'],
  openai: ['openai-chat', 'openai-responses'],
  anthropic: ['anthropic-messages'],
  deepseek: ['openai-chat', 'anthropic-messages'],
  google: ['gemini', 'openai-chat'],
  xai: ['openai-chat', 'openai-responses'],
  openrouter: ['openai-chat'],
}

/** The models the demo routes between, cheapest first. */
export const DEMO_MODELS: readonly ModelProfile[] = [KIMI_K2_6, GPT_5_4, GPT_5_5, CLAUDE_OPUS_4_7]
/** Every model we can simulate. */
export const ALL_MODELS: readonly ModelProfile[] = [...DEMO_MODELS, DEEPSEEK_V4_PRO, GEMINI_3_FLASH, GROK_4, OPENROUTER_KIMI_K2_6]
