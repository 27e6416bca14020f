// The shape of `weighbridge.yaml`: one strict schema, so that a misspelt field is an error and not a silent default.
// What the fields mean together (references, disabled providers, mixing rules) is decided in config.ts.
import { z } from 'zod'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/
const name = z.string().regex(NAME, 'must be letters, digits and . _ : @ - and start with a letter or digit').max(128)
const milliseconds = z.number().int().min(1).max(86_400_000)
const usd = z.number().nonnegative().finite()
const rate = z.number().min(0).max(1)
const port = z.number().int().min(0).max(65_535)
const host = z.string().min(1).max(253)

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const
export const APIS = ['openai-chat'] as const

/** Four deadlines of one attempt, all in milliseconds. */
const timeouts = z.strictObject({
  connect_ms: milliseconds.default(3_000).describe('Longest wait for a connection'),
  first_token_ms: milliseconds.default(20_000).describe('Longest wait for the first real output'),
  idle_ms: milliseconds.default(15_000).describe('Longest silence between two pieces of output'),
  total_ms: milliseconds.default(300_000).describe('Longest an attempt may take'),
})

const provider = z.strictObject({
  api: z.enum(APIS).default('openai-chat').describe('Wire format the provider speaks'),
  base_url: z.url({ protocol: /^https?$/ }).describe('Address up to and without /chat/completions, e.g. https://api.openai.com/v1'),
  api_key: z.string().optional().describe('Usually ${NAME_OF_AN_ENVIRONMENT_VARIABLE}; an unset variable disables the provider'),
  headers: z.record(z.string(), z.string()).default({}).describe('Further request headers'),
  timeouts: timeouts.prefault({}),
  max_connections: z.number().int().min(1).max(4096).default(256).describe('Most connections open at once'),
  simulated: z.boolean().default(false).describe('Marks everything it answers as simulated; never mixed with real targets'),
})

const price = z.strictObject({
  input: usd.describe('USD per million input tokens'),
  output: usd.describe('USD per million output tokens'),
  cache_read: usd.optional().describe('USD per million input tokens read from cache'),
  cache_write: usd.optional().describe('USD per million input tokens written to cache (five minutes)'),
  cache_write_1h: usd.optional().describe('USD per million input tokens written to cache (one hour)'),
  per_request: usd.default(0).describe('USD per request besides tokens'),
})

const target = z.strictObject({
  provider: name,
  model: z.string().min(1).max(256).describe('Model name as the provider knows it'),
  effort: z.enum(EFFORTS).optional().describe('Reasoning effort; a different effort is a different target'),
  price: price.optional().describe('Overrides the price book'),
  context_window: z.number().int().positive().optional().describe('Most tokens of input and output together'),
})

const chainLink = z.strictObject({
  target: name,
  max_cost_per_1k: usd.optional().describe('Ceiling in estimated blended USD per 1,000 tokens of the request at hand'),
})

/** One task; also what a task is when the config does not name it. */
export const taskSchema = z.strictObject({
  description: z.string().max(500).optional().describe('For people'),
  route: z.record(name, z.number().nonnegative().finite()).default({}).describe('Target → weight of the draw; empty: the head of the chain'),
  chain: name.default('default').describe('Chain to fail over along'),
  value_per_answer_usd: z.number().positive().finite().optional().describe('What one right answer is worth; default .05, shown as assumed'),
  ceilings: z.strictObject({ hallucination_rate: rate.optional().describe('A target whose rate is above this with probability .9 leaves the draw') }).prefault({}),
  floors: z.strictObject({ quality: rate.optional().describe('A target whose quality is below this with probability .9 leaves the draw') }).prefault({}),
  on_ceiling: z.enum(['cheapest', 'refuse']).default('cheapest').describe('What to do when every link is over its ceiling'),
  strict: z.boolean().default(false).describe('Takes a target that breaches a floor out of the chain as well'),
})

const suite = z.strictObject({
  path: z.string().min(1).describe('Folder with suite.yaml and probes.jsonl, relative to the config file; `builtin:NAME` for our own'),
  informs: z.record(name, z.number().min(0).max(1)).default({}).describe('Task → how much this suite says about it'),
})

/** The whole file. */
export const configSchema = z.strictObject({
  providers: z.record(name, provider).default({}),
  targets: z.record(name, target).default({}),
  chains: z.record(name, z.array(chainLink).min(1)).default({}),
  tasks: z.record(name, taskSchema).default({}),
  suites: z.record(name, suite).default({}),
  aliases: z.record(z.string().min(1).max(256), z.string().min(1).max(256)).default({}).describe('Model name a client may send → auto, task:NAME or a target'),
  learning: z
    .strictObject({
      mode: z.enum(['observe', 'review', 'auto']).default('review').describe('Only watch, recommend for a person to apply, or publish inside the gates'),
      seed: z.number().int().default(1).describe('Seed of the posterior draws'),
      half_life_days: z.strictObject({ evals: z.number().positive().default(30).describe('Age at which an eval counts half'), production: z.number().positive().default(10).describe('Age at which a call counts half') }).prefault({}),
      exploration: rate.default(0.03).describe('Share of the draw spent on exploration, in total'),
      latency_slo_ms: milliseconds.default(20_000).describe('p95 of a whole answer beyond which utility falls'),
    })
    .prefault({}),
  evals: z
    .strictObject({
      budget_usd: usd.optional().describe('Most an eval run on real targets may spend; without it a run needs --budget-usd'),
      concurrency: z.number().int().min(1).max(256).default(8).describe('Trials in flight per target'),
      max_output_tokens: z.number().int().min(16).max(32_768).default(600).describe('max_tokens of every trial'),
    })
    .prefault({}),
  router: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address to bind; anything but loopback needs a secret'),
      port: port.default(4000).describe('API, pages and admin routes'),
      allowed_hosts: z.array(z.string()).default([]).describe('Further Host names to answer to'),
      max_body_bytes: z.number().int().min(1024).default(32 * 1024 * 1024).describe('Largest request body'),
      max_response_bytes: z.number().int().min(1024).default(64 * 1024 * 1024).describe('Largest answer taken from a provider'),
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
    })
    .prefault({}),
  clickhouse: z
    .strictObject({
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
  routes: z.strictObject({ source: z.string().optional().describe('File or URL of the route table; default: route-table.json in the data directory') }).prefault({}),
})

/** The file as parsed, before references are resolved. */
export type ConfigFile = z.infer<typeof configSchema>
export type ProviderFile = ConfigFile['providers'][string]
export type TargetFile = ConfigFile['targets'][string]
