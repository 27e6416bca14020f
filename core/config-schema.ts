// The shape of `weighbridge.yaml`: one strict schema, so that a misspelt field is an error and not a silent default.
// What the fields mean together (references, disabled providers, mixing rules) is decided in config.ts.
import { z } from 'zod'
import { gateSchema } from './eval-gates.ts'
import { budgetsSchema } from './budget-schema.ts'
import { keyRulesSchema } from './key-policy.ts'
import { WIRES } from './model-request.ts'
import { classifySchema, taskRulesSchema } from './task-rules.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/
const name = z.string().regex(NAME, 'must be letters, digits and . _ : @ - and start with a letter or digit').max(128)
const milliseconds = z.number().int().min(1).max(86_400_000)
const usd = z.number().nonnegative().finite()
const rate = z.number().min(0).max(1)
const port = z.number().int().min(0).max(65_535)
const host = z.string().min(1).max(253)

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
/** Known deviations from plain Chat Completions; a provider's is found by its address unless the config names it. */
export const DIALECTS = ['openai', 'moonshot', 'deepseek', 'qwen', 'xai', 'groq', 'mistral', 'openrouter', 'vllm', 'llama.cpp', 'ollama', 'plain'] as const
/** What a target may be unable to do; the same words as the surfaces' features. */
export const ABILITIES = ['tools', 'images', 'files', 'audio', 'json_schema', 'logprobs'] as const

/** Days of the week as a price window names them. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Four deadlines of one attempt, all in milliseconds. */
const timeouts = z.strictObject({
  connect_ms: milliseconds.default(3_000).describe('Longest wait for a connection'),
  first_token_ms: milliseconds.default(20_000).describe('Longest wait for the first real output'),
  idle_ms: milliseconds.default(15_000).describe('Longest silence between two pieces of output'),
  total_ms: milliseconds.default(300_000).describe('Longest an attempt may take'),
})

const provider = z.strictObject({
  api: z.enum(WIRES).default('openai-chat').describe('Wire format the provider speaks'),
  dialect: z.enum(DIALECTS).optional().describe('Deviations from plain Chat Completions; default: found by base_url'),
  base_url: z.url({ protocol: /^https?$/ }).describe('Address up to and without /chat/completions, /responses, /messages or /models/…, e.g. https://api.openai.com/v1'),
  api_key: z.string().optional().describe('Usually ${NAME_OF_AN_ENVIRONMENT_VARIABLE}; an unset variable disables the provider'),
  api_keys: z.array(z.string()).min(1).max(64).optional().describe('Several keys instead of one, used in turn; a key that is limited or refused rests while the others go on. Unset variables are left out'),
  retries: z.number().int().min(0).max(5).default(1).describe('How often a transient failure (reset, timeout before the head, 5xx) is tried again here before the next link'),
  headers: z.record(z.string(), z.string()).default({}).describe('Further request headers'),
  timeouts: timeouts.prefault({}),
  rate_limit: z
    .strictObject({ requests_per_minute: z.number().positive().optional(), tokens_per_minute: z.number().positive().optional() })
    .prefault({})
    .describe('What the provider allows this account; evals keep to evals.provider_share of it. Without it they notice the limit only by meeting it'),
  max_connections: z.number().int().min(1).max(4096).default(256).describe('Most connections open at once; a call beyond it waits connect_ms for one, then fails over as provider_overloaded'),
  simulated: z.boolean().default(false).describe('Marks everything it answers as simulated; never mixed with real targets'),
})

/** Dollars per million tokens by class; a class that is left out is billed as the plain one. */
const rateFields = {
  input: usd.describe('USD per million input tokens'),
  output: usd.describe('USD per million output tokens'),
  cache_read: usd.optional().describe('USD per million input tokens read from cache; default: as input'),
  cache_write: usd.optional().describe('USD per million input tokens written to cache (five minutes); default: as input'),
  cache_write_1h: usd.optional().describe('USD per million input tokens written to cache (one hour); default: as cache_write'),
  input_audio: usd.optional().describe('USD per million audio tokens of input; default: as input'),
  cache_read_audio: usd.optional().describe('USD per million audio tokens read from cache; default: as cache_read'),
  output_audio: usd.optional().describe('USD per million audio tokens of output; default: as output'),
  input_image: usd.optional().describe('USD per million image tokens of input; default: as input'),
  output_image: usd.optional().describe('USD per million image tokens of output; default: as output'),
} as const
const tierRates = z.strictObject(rateFields)
const day = z.enum(DAYS)
/** Time of day as `HH:MM`; 24:00 is the end of the day. */
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be HH:MM from 00:00 to 24:00')
/** A date (its first moment in UTC) or a moment with its zone. */
const moment = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/, 'must be a date like 2026-11-23, or a moment like 2026-11-23T08:00:00Z')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no real date')
const factor = z.number().min(0).max(100)

/** One price of one model: in config targets, in `prices.overrides`, and in a price file. */
export const priceSchema = z.strictObject({
  ...rateFields,
  per_request: usd.default(0).describe('USD per request besides tokens'),
  per_web_search: usd.optional().describe("USD per web search that the provider's usage counts"),
  from: moment.optional().describe('In force from this date (UTC) or moment on; default: always'),
  tiers: z
    .array(z.strictObject({ from_input_tokens: z.number().int().min(1).describe('Prices the whole request from this many input tokens on'), ...rateFields }))
    .max(16)
    .optional()
    .describe('Other rates for long inputs'),
  service_tiers: z
    .record(z.string().min(1).max(64), z.union([factor, tierRates]))
    .optional()
    .describe('What a served service tier (flex, priority, batch, …) does: a factor on all token rates, or rates of its own'),
  windows: z
    .array(z.strictObject({ from: timeOfDay, until: timeOfDay, days: z.array(day).min(1).optional(), utc_offset_hours: z.number().min(-14).max(14).default(0).describe('Zone that the times and days are in'), ...rateFields }))
    .max(16)
    .optional()
    .describe('Other rates at certain times of day, e.g. peak hours; a window that ends before it begins goes over midnight'),
})
/** A single price, or a list of them by `from` date. */
export const pricesSchema = z.union([priceSchema, z.array(priceSchema).min(1).max(64)])

const target = z.strictObject({
  provider: name,
  model: z.string().min(1).max(256).describe('Model name as the provider knows it'),
  effort: z.enum(EFFORTS).optional().describe('Reasoning effort; a different effort is a different target'),
  price: pricesSchema.optional().describe('Overrides the price book: one price, or a list of them by date'),
  context_window: z.number().int().positive().optional().describe('Most tokens of input and output together; default: what the price data know of the model'),
  kind: z.enum(['chat', 'embedding']).default('chat').describe('What the model does; embedding targets serve /v1/embeddings only'),
  lacks: z.array(z.enum(ABILITIES)).default([]).describe('What the model cannot do: calls that need it go elsewhere'),
})

const chainLink = z.strictObject({
  target: name,
  max_cost_per_1k: usd.optional().describe('Ceiling in estimated blended USD per 1,000 tokens of the request at hand'),
})

export const LEARNING_MODES = ['observe', 'review', 'auto'] as const
const learningMode = z.enum(LEARNING_MODES)

/** One task; also what a task is when the config does not name it. */
export const taskSchema = z.strictObject({
  description: z.string().max(500).optional().describe('For people'),
  rules: taskRulesSchema,
  route: z.record(name, z.number().nonnegative().finite()).default({}).describe('Target → weight of the draw; empty: the head of the chain'),
  chain: name.default('default').describe('Chain to fail over along'),
  value_per_answer_usd: z.number().positive().finite().optional().describe('What one right answer is worth; default .05, shown as assumed'),
  ceilings: z.strictObject({ hallucination_rate: rate.optional().describe('A target whose rate is above this with probability .9 leaves the draw') }).prefault({}),
  floors: z.strictObject({ quality: rate.optional().describe('A target whose quality is below this with probability .9 leaves the draw') }).prefault({}),
  on_ceiling: z.enum(['cheapest', 'refuse']).default('cheapest').describe('What to do when every link is over its ceiling'),
  strict: z.boolean().default(false).describe('Takes a target that breaches a floor out of the chain as well'),
  on_context_length: name.optional().describe('Chain to go on along when a provider says the input is too long; default: those links of the own chain whose window is larger'),
  on_refusal: name.optional().describe('Chain to go on along when a model or a filter declines; default: the refusal is the answer'),
  learning: z
    .strictObject({
      mode: learningMode.optional().describe('As learning.mode, for this task alone'),
      latency_slo_ms: milliseconds.optional().describe('As learning.latency_slo_ms, for this task alone'),
      max_usd_per_day: usd.optional().describe('Spend ceiling of the task: weights are paced so that a week of calls keeps to it'),
    })
    .prefault({}),
  on_schema_violation: z.enum(['fail_over', 'return']).default('fail_over').describe('What to do with an answer that breaks the JSON schema it was asked for: try one other target, or hand it out as it is'),
})

/** How much of calls is kept, from nothing to everything. */
export const CAPTURE_MODES = ['none', 'metadata', 'on_signal', 'sampled', 'all'] as const
/** What `capture.redact` knows by name (router/capture/redact.ts). */
export const REDACTIONS = ['secrets', 'emails', 'phones', 'cards', 'ibans', 'ips'] as const
const captureRule = z.strictObject({
  mode: z.enum(CAPTURE_MODES).optional().describe('none; metadata: roles, kinds and sizes without text; on_signal: calls that a retry, an edit or feedback speaks of later; sampled; all'),
  sample: rate.optional().describe('Share of calls that sampled keeps'),
  max_bytes: z.number().int().min(256).max(16 * 1024 * 1024).optional().describe('Largest prompt or answer kept; longer texts inside are cut'),
})
const days = z.number().int().min(1).max(36_500)

const suite = z.strictObject({
  path: z.string().min(1).describe('Folder with suite.yaml and probes.jsonl, relative to the config file; `builtin:NAME` for our own, `private:KIND` for one made from your secret seed'),
  informs: z.record(name, z.number().min(0).max(1)).default({}).describe('Task → how much this suite says about it'),
})

/** The whole file. */
export const configSchema = z.strictObject({
  providers: z.record(name, provider).default({}),
  targets: z.record(name, target).default({}),
  chains: z.record(name, z.array(chainLink).min(1)).default({}),
  tasks: z.record(name, taskSchema).default({}),
  classify: classifySchema.prefault({}),
  suites: z.record(name, suite).default({}),
  aliases: z.record(z.string().min(1).max(256), z.string().min(1).max(256)).default({}).describe('Model name a client may send → auto, task:NAME or a target'),
  learning: z
    .strictObject({
      mode: learningMode.optional().describe('Only watch, recommend for a person to apply, or publish inside the gates; default: auto for a task that a person has published once and that a judged suite informs, else review'),
      seed: z.number().int().default(1).describe('Seed of the posterior draws'),
      half_life_days: z.strictObject({ evals: z.number().positive().default(30).describe('Age at which an eval counts half'), production: z.number().positive().default(10).describe('Age at which a call counts half') }).prefault({}),
      exploration: rate.default(0.03).describe('Share of the draw spent on exploration, in total; only on targets that may yet be best'),
      latency_slo_ms: milliseconds.default(20_000).describe('p95 of a whole answer beyond which utility falls'),
      canary: z
        .strictObject({
          share: rate.max(0.5).default(0.1).describe('Share of a task that tries new weights first; 0: all of it at once'),
          min_hours: z.number().min(0).max(720).default(24).describe('Shortest time before the rest follows'),
          max_hours: z.number().positive().max(2160).default(72).describe('Longest time: then the rest follows, unless the calls so far speak against it'),
          min_calls: z.number().int().min(1).max(1_000_000).default(100).describe('Fewest calls by the new weights before the rest follows'),
        })
        .prefault({}),
    })
    .prefault({}),
  sessions: z
    .strictObject({
      sticky: z.enum(['conversation', 'session', 'off']).default('conversation').describe('What stays at its target while moving is not worth more than its prompt cache: calls that send earlier answers back, all calls of a named session, or nothing'),
      cache_minutes: z.number().positive().max(1_440).default(10).describe("How long a conversation's prompt is taken to stay in a provider's cache"),
    })
    .prefault({}),
  signals: z
    .strictObject({
      memory_bytes: z.number().int().min(1_048_576).default(64 * 1024 * 1024).describe('Memory for calls that later ones may say something about, some 2 KB each; hashes and sketches only'),
      fingerprints: z.boolean().default(true).describe('Keyed fingerprints on call spans, by which several routers find signals together in the database'),
    })
    .prefault({}),
  evals: z
    .strictObject({
      budget_usd: usd.optional().describe('Most an eval run on real targets may spend; without it a run needs --budget-usd'),
      concurrency: z.number().int().min(1).max(256).default(8).describe('Trials in flight per provider; fewer while it answers that there are too many'),
      commands: z.enum(['off', 'isolated', 'on']).default('off').describe('Whether command graders may run programs here: never, only where network, files, processes and memory are walled off, or always'),
      private_probes: z.number().int().min(10).max(2_000).default(120).describe('Probes of a suite private:KIND'),
      max_output_tokens: z.number().int().min(16).max(32_768).default(600).describe('max_tokens of every trial'),
      judges: z.array(name).max(15).default([]).describe('Targets that judge answers as a panel; take them from three vendors or more, other than those they judge. Empty: offline graders only'),
      judge_max_output_tokens: z.number().int().min(64).max(32_768).default(700).describe("max_tokens of a judge's reply"),
      provider_share: rate.default(0.2).describe("Share of a provider's rate_limit that evals and judges may take"),
      gates: z.array(gateSchema).max(64).default([]).describe('Limits that a run is held to; a broken one ends `eval run` with exit 1'),
      schedule: z.string().max(120).optional().describe('When `up` runs the nightly job by itself, as five cron fields, e.g. `17 3 * * *`; real targets need budget_usd'),
      timezone: z.string().max(64).optional().describe('Time zone of the schedule, e.g. Europe/Berlin; default: the machine\'s own'),
      redact: z.array(z.string().min(1).max(4_096)).max(64).default([]).describe('Further patterns (RE2) that `eval harvest` takes out of prompts, besides mail addresses, numbers and secrets'),
    })
    .prefault({}),
  router: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address to bind; anything but loopback needs a secret'),
      port: port.default(4000).describe('API, pages and admin routes'),
      allowed_hosts: z.array(z.string()).default([]).describe('Further Host names to answer to'),
      max_body_bytes: z.number().int().min(1024).default(32 * 1024 * 1024).describe('Largest request body'),
      max_response_bytes: z.number().int().min(1024).default(64 * 1024 * 1024).describe('Largest answer taken from a provider'),
      call_timeout_ms: milliseconds.default(600_000).describe('Longest a call may take until its first output, all attempts and waits together'),
      cooling_wait_ms: z.number().int().min(0).max(600_000).default(2_000).describe('Longest a call waits for a target when its whole chain cools; beyond it the answer is 429 or 503 at once'),
      shutdown_ms: milliseconds.default(30_000).describe('Longest that answers under way may take to end when the router is told to stop'),
      max_calls: z.number().int().min(1).max(100_000).default(2_000).describe('Calls under way at once; beyond it the answer is 503 with retry-after'),
      primary_url: z.url({ protocol: /^https?$/ }).optional().describe('Address of the primary router whose drains and keys this one follows; default: the own state'),
    })
    .prefault({}),
  ui: z.strictObject({ port: z.literal('off').optional().describe('off: no pages; without it they stand on the router port') }).prefault({}),
  collector: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address to bind; anything but loopback needs a secret'),
      port: port.default(4318).describe('OTLP/HTTP'),
      allowed_hosts: z.array(z.string()).default([]).describe('Further Host names to answer to'),
      url: z.url().optional().describe('Address of a collector elsewhere; default: the local one'),
      max_body_bytes: z.number().int().min(1024).default(64 * 1024 * 1024).describe('Largest OTLP body, before and after decompression'),
      max_wal_bytes: z.number().int().min(1_048_576).default(4 * 1024 * 1024 * 1024).describe('Bound of acknowledged requests that wait for ClickHouse; at it senders are asked to come again'),
      tls: z.strictObject({ cert: z.string().min(1).describe('PEM file with the certificate and its chain'), key: z.string().min(1).describe('PEM file with its private key') }).optional().describe('Serve OTLP over HTTPS; paths are relative to the configuration file'),
    })
    .prefault({}),
  clickhouse: z
    .strictObject({
      cluster: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'must be a name of remote_servers').optional().describe("Name of the servers' cluster: tables become Replicated ones under Distributed ones, spread by trace; default: one server"),
      url: z.url().optional().describe('A ClickHouse server; default: the embedded engine'),
      port: port.default(8123).describe('HTTP port of the embedded engine'),
      database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and _').default('weighbridge').describe('Database of the tables'),
      user: z.string().optional().describe('Account at the server'),
      password: z.string().optional().describe('Its password; better CLICKHOUSE_PASSWORD'),
    })
    .prefault({}),
  spool: z
    .strictObject({
      max_bytes: z.number().int().min(1_048_576).default(1_073_741_824).describe('Bound of the span spool on disk'),
      fsync: z.boolean().default(false).describe('Survive power loss, not only a killed process'),
    })
    .prefault({}),
  capture: z
    .strictObject({
      mode: z.enum(CAPTURE_MODES).default('none').describe('What is kept of prompts and answers: none; metadata: roles, kinds and sizes without text; on_signal: calls that a retry, an edit or feedback speaks of later; sampled; all'),
      sample: rate.default(0.01).describe('Share of calls that sampled keeps'),
      max_bytes: z.number().int().min(256).max(16 * 1024 * 1024).default(65_536).describe('Largest prompt or answer kept; longer texts inside are cut, and it is said'),
      redact: z
        .array(z.union([z.enum(REDACTIONS), z.strictObject({ pattern: z.string().min(1).max(500).describe('JavaScript regular expression'), replace: z.string().max(200).default('[redacted]').describe('Put in its place') })]))
        .max(50)
        .default(['secrets'])
        .describe('What is blotted out before anything is kept'),
      foreign: z.boolean().default(false).describe('Keep the texts that other libraries put on their spans; without it they are taken off'),
      retention_days: days.default(30).describe('Days that captured text is kept'),
      spool_bytes: z.number().int().min(1_048_576).default(268_435_456).describe('Bound of captured text that waits on disk for the collector'),
      tasks: z.record(name, captureRule).default({}).describe('Task → another rule'),
      keys: z.record(z.string().min(1).max(128), captureRule).default({}).describe('Key id → another rule, before the task’s; where either says none, nothing is kept'),
    })
    .prefault({}),
  storage: z
    .strictObject({
      retention_days: z
        .strictObject({
          spans: days.default(90).describe('Days that spans are kept'),
          signals: days.default(400).describe('Days that signals are kept'),
          eval_results: days.default(400).describe('Days that eval results are kept'),
          rollup_minutes: days.default(14).describe('Days that sums by minute are kept'),
          rollup_hours: days.default(400).describe('Days that sums by hour are kept'),
        })
        .prefault({}),
    })
    .prefault({}),
  prices: z
    .strictObject({
      source: z.string().min(1).max(2048).optional().describe("File or URL that `prices update` reads; default: the published data of genai-prices"),
      overrides: z.record(z.string().min(3).max(385).regex(/^[^/\s]+\/\S+$/, 'must be provider/model'), pricesSchema).default({}).describe('provider/model → price, before any price file; a model that ends in * matches every continuation'),
      discounts: z.record(name, z.number().min(0).max(1)).default({}).describe('Provider → share of its list prices that you do not pay, e.g. 0.1; not applied to prices of your own'),
    })
    .prefault({}),
  routes: z.strictObject({ source: z.string().optional().describe('File or URL of the route table; default: route-table.json in the data directory') }).prefault({}),
  keys: z.record(z.string().min(1).max(128), keyRulesSchema).default({}).describe('Name or id of a key → what it may do, beside what `keys create` says of it; both bind'),
  budgets: budgetsSchema.prefault({}),
})

/** The file as parsed, before references are resolved. */
export type ConfigFile = z.infer<typeof configSchema>
export type ProviderFile = ConfigFile['providers'][string]
export type TargetFile = ConfigFile['targets'][string]
export type PriceEntry = z.infer<typeof priceSchema>
