// The columns of the stored tables: one description that the migrations, the writer, the readers and the docs share.
// A test holds the migrated schema to this list.

/** One column: its ClickHouse type and what it means, unit included. */
export type Column = { readonly type: string; readonly meaning: string }

const text = (meaning: string): Column => ({ type: 'String', meaning })
const word = (meaning: string): Column => ({ type: 'LowCardinality(String)', meaning })
const tokens = (meaning: string): Column => ({ type: 'Nullable(UInt64)', meaning: `${meaning}; NULL when the provider did not say` })
const dollars = (meaning: string): Column => ({ type: 'Nullable(Decimal(18, 12))', meaning: `${meaning}, in US dollars; NULL when unpriced` })

/** `spans`: one immutable row per span, hot facts as typed columns, the rest in maps. */
export const SPAN_COLUMNS = {
  trace_id: text('Trace, 32 lower-case hex digits'),
  span_id: text('Span, 16 lower-case hex digits'),
  parent_span_id: text('Parent span, empty at the root'),
  trace_state: text('W3C trace state'),
  name: word('Span name, e.g. `chat gpt-5.4`'),
  kind: word('Internal | Server | Client | Producer | Consumer | Unspecified'),
  service: word('service.name of the sender'),
  scope: word('Instrumentation scope name'),
  started_at: { type: "DateTime64(9, 'UTC')", meaning: 'Start of the span' },
  duration_ns: { type: 'UInt64', meaning: 'Length of the span in nanoseconds' },
  status: word('Unset | Ok | Error'),
  status_message: text('Status message'),
  role: word('call (a client request) | attempt (one provider exchange) | correction (of the cost of an attempt; its dollars are differences, its cost_source the one replaced) | other'),
  task: word('Task type'),
  task_source: word('caller | rule | model | default'),
  provider: word('Provider as configured'),
  target: word('Target name: provider + model + effort'),
  model: word('Model asked of the provider'),
  effort: word('Reasoning effort, empty when none'),
  model_requested: word("The client's `model` field"),
  surface: word('API surface the client used'),
  attempt: { type: 'UInt8', meaning: '1-based attempt inside its call; 0 on other spans' },
  attempts: { type: 'UInt8', meaning: 'Attempts the call took; on call spans' },
  error_code: word('Our error code, empty when none'),
  http_status: { type: 'UInt16', meaning: 'HTTP status of the exchange, 0 when none' },
  finish_reason: word("The provider's finish reason"),
  stream: { type: 'Bool', meaning: 'Whether the answer was streamed' },
  response_id: text("The provider's response id"),
  request_id: text('Request id given to the client'),
  served_model: word('Model name the provider says it served'),
  system_fingerprint: word("The provider's fingerprint of its backend"),
  service_tier: word('Service tier served'),
  input_tokens: tokens('Input tokens, cache reads and writes included'),
  cache_read_tokens: tokens('Input tokens read from cache'),
  cache_write_tokens: tokens('Input tokens written to cache'),
  output_tokens: tokens('Output tokens, reasoning included'),
  reasoning_tokens: tokens('Reasoning tokens inside the output'),
  cost_usd: dollars('Cost of this attempt'),
  cost_source: word('provider | priced | estimated | backfilled | unpriced'),
  price_version: word('Price book entry used'),
  cache_saved_usd: dollars('What the same tokens would have cost more without the prompt cache (below 0 where writing it cost more than reading saved); on attempts that used one'),
  call_cost_usd: dollars('Cost of all attempts of the call'),
  call_wasted_usd: dollars('Cost of the attempts whose output the client did not get'),
  ttft_ms: { type: 'Nullable(Float64)', meaning: 'Milliseconds to the first real output; NULL without output' },
  route_version: { type: 'UInt32', meaning: 'Route table version in force, 0 for configured weights' },
  propensity: { type: 'Nullable(Float64)', meaning: 'Probability with which the drawn target was drawn' },
  reason: word('weighted | sticky | pinned | failover | explore'),
  decision: text('JSON: candidates, exclusions, the draw; on call spans'),
  session_id: text('Session, as the client named it'),
  user_id: text('End user, as the client named them'),
  key_id: word('Virtual key id'),
  tags: { type: 'Map(LowCardinality(String), String)', meaning: 'Tags of the call' },
  purpose: word('production | eval | judge'),
  is_simulated: { type: 'Bool', meaning: 'Whether a simulated provider answered; never mixed with real rows' },
  prompt_fingerprint: text('Keyed fingerprint of the prompt; no content'),
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'All other span attributes' },
  resource: { type: 'Map(LowCardinality(String), String)', meaning: 'Resource attributes' },
  'events.at': { type: "Array(DateTime64(9, 'UTC'))", meaning: 'Span events: time' },
  'events.name': { type: 'Array(LowCardinality(String))', meaning: 'Span events: name' },
  'events.attributes': { type: 'Array(Map(LowCardinality(String), String))', meaning: 'Span events: attributes' },
  'links.trace_id': { type: 'Array(String)', meaning: 'Span links: trace' },
  'links.span_id': { type: 'Array(String)', meaning: 'Span links: span' },
  'links.attributes': { type: 'Array(Map(LowCardinality(String), String))', meaning: 'Span links: attributes' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `signals`: what happened after a call: a retry, an edit, an acceptance or explicit feedback. */
export const SIGNAL_COLUMNS = {
  signal_id: text('Identity of the signal, for deduplication'),
  at: { type: "DateTime64(9, 'UTC')", meaning: 'When it happened' },
  kind: word('retry | rephrase | edit | accepted | abandoned | feedback | score (a named score, no follow-up)'),
  trace_id: text('The call it is about; empty while only its response or request id is known (attribute weighbridge.about)'),
  span_id: text('The span it is about, empty when the call as a whole'),
  by_trace_id: text('The later call that showed it, empty for explicit feedback'),
  value: { type: 'Nullable(Float64)', meaning: 'Strength: edit distance 0..1, rating, and so on' },
  is_simulated: { type: 'Bool', meaning: 'Whether it concerns a simulated call' },
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'Everything else' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `eval_results`: one graded trial. */
export const EVAL_RESULT_COLUMNS = {
  result_id: text('Identity of the result (run, probe, target, epoch, grader), for deduplication'),
  evaluated_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the answer was graded' },
  run_id: text('Eval run'),
  suite: word('Suite name'),
  suite_hash: word('Content hash of the suite'),
  probe_id: text('Probe'),
  probe_kind: word('nonsense | control | factual | task'),
  answerable: { type: 'Bool', meaning: 'Whether the probe has an answer' },
  domain: word('Domain of the probe'),
  technique: word('Technique of the probe, empty when none'),
  target: word('Target asked'),
  provider: word('Provider asked'),
  model: word('Model asked'),
  effort: word('Reasoning effort, empty when none'),
  served_model: word('Model name the provider says it served'),
  epoch: { type: 'UInt16', meaning: 'Repetition of the probe in this run, from 0' },
  status: word('scored | refused | empty | truncated | provider_error | judge_error | budget_skipped'),
  label: word('clear_pushback | partial | accepted, or correct | incorrect | partial | not_attempted, or pass | partial | fail; empty unless scored'),
  score: { type: 'Nullable(Float64)', meaning: 'Score 0..1 of the label; NULL unless scored' },
  confidence: { type: 'Nullable(Float64)', meaning: "The grader's confidence 0..1" },
  grader: word('Grader with its version, or judge set with its hash'),
  label_source: word('rule | offline | panel: who decided the label; empty in older rows'),
  prompt_hash: word("Hash of the judges' prompts and schemas, empty without judges"),
  votes: text('JSON list: judge, label, question_valid, served_model, trace_id and cost_usd of each vote; empty without judges'),
  self_family_judge: { type: 'Bool', meaning: "Whether the judges span fewer than three families and one of them is the target's own: such evidence can recommend but not publish by itself" },
  trace_id: text('Trace of the evaluated call'),
  span_id: text('Span of the evaluated call, empty when unknown'),
  latency_ms: { type: 'Nullable(Float64)', meaning: 'Time the answer took' },
  input_tokens: tokens('Input tokens'),
  output_tokens: tokens('Output tokens'),
  cost_usd: dollars('Cost of the answer'),
  judge_cost_usd: dollars("Cost of the judges' calls"),
  cached_from: text('Run that paid for the answer, when it came out of the cache; empty otherwise'),
  is_simulated: { type: 'Bool', meaning: 'Whether a simulated provider answered' },
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'Everything else' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `labels`: what people say of answers; never evidence by itself, but what graders are measured and corrected by. */
export const LABEL_COLUMNS = {
  label_id: text('Identity of the label (run, trial, person, time), for deduplication'),
  at: { type: "DateTime64(3, 'UTC')", meaning: 'When it was given' },
  run_id: text('Eval run of the answer'),
  suite: word('Suite name'),
  suite_hash: word('Content hash of the suite'),
  probe_id: text('Probe'),
  probe_kind: word('nonsense | control | factual | task'),
  answerable: { type: 'Bool', meaning: 'Whether the probe has an answer' },
  target: word('Target that answered'),
  provider: word('Its provider'),
  model: word('Its model'),
  effort: word('Its reasoning effort, empty when none'),
  epoch: { type: 'UInt16', meaning: 'Repetition of the probe in the run, from 0' },
  label: word('As in eval_results; `skip`: the person could not say'),
  labelled_by: word('Who gave it'),
  via: word('terminal | web | import'),
  note: text("The person's note"),
  trace_id: text('Trace of the answered call'),
  span_id: text('Its span, empty when unknown'),
  is_simulated: { type: 'Bool', meaning: 'Whether a simulated provider answered' },
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'Everything else' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `route_tables`: every published table, whole. */
export const ROUTE_TABLE_COLUMNS = {
  version: { type: 'UInt32', meaning: 'Version, counting up' },
  parent: { type: 'UInt32', meaning: 'Version it replaced, 0 for configured weights' },
  hash: text('Content hash of the table'),
  published_at: { type: "DateTime64(3, 'UTC')", meaning: 'When it came into force' },
  action: word('apply | rollback (by a person, or by itself: see author) | auto; canaries begin as one of these and end as the next version'),
  rule: text('Why: the rule that fired'),
  author: word('Who: a person (cli, ui) or the learner'),
  is_simulated: { type: 'Bool', meaning: 'Whether its evidence is simulated' },
  table_json: text('The table as published'),
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `content`: captured prompts and answers; the reading account has no right to it. */
export const CONTENT_COLUMNS = {
  trace_id: text('The call it belongs to'),
  span_id: text('Span of the call'),
  at: { type: "DateTime64(9, 'UTC')", meaning: 'When the call ended' },
  kind: word('prompt | answer'),
  body: text('JSON of the common form (core/model-request.ts, core/model-answer.ts), cut at capture.max_bytes; empty once forgotten'),
  is_simulated: { type: 'Bool', meaning: 'Whether a simulated provider answered' },
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'Task, key, user and session of the call; `weighbridge.content.truncated` and `.bytes` where it was cut, `.form: metadata` where only its shape was kept, `.forgotten` where it was deleted' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `router_states`: how a router stood, every few seconds. Sent past the spool, so that a full one can be seen. */
export const ROUTER_STATE_COLUMNS = {
  at: { type: "DateTime64(3, 'UTC')", meaning: 'When the router looked at itself' },
  router: word('Which router: host and port'),
  route_version: { type: 'UInt32', meaning: 'Route table version in force, 0 for configured weights' },
  ready: { type: 'Bool', meaning: 'Whether its configuration lets it answer calls' },
  in_flight: { type: 'UInt32', meaning: 'Attempts under way' },
  spool_bytes: { type: 'UInt64', meaning: 'Bytes of spans that wait on its disk' },
  spool_max_bytes: { type: 'UInt64', meaning: 'Bound of the spool' },
  spool_records: { type: 'UInt64', meaning: 'Span batches that wait' },
  spool_oldest_ms: { type: 'Nullable(Float64)', meaning: 'Age of the oldest of them in milliseconds; NULL when none waits' },
  spool_dropped: { type: 'UInt64', meaning: 'Span batches dropped at the bound since the router started' },
  targets: { type: 'Array(LowCardinality(String))', meaning: 'Its enabled targets' },
  target_states: { type: 'Array(LowCardinality(String))', meaning: 'State of each: ok | cooling | limited | half_open | drained' },
  target_codes: { type: 'Array(LowCardinality(String))', meaning: 'Why: the error code, or who drained it and what for; empty when ok' },
  attributes: { type: 'Map(LowCardinality(String), String)', meaning: 'Everything else' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** `learning_events`: what the learner found and did besides publishing tables. */
export const LEARNING_EVENT_COLUMNS = {
  event_id: text('Identity of the event, for deduplication: the same finding has the same'),
  at: { type: "DateTime64(3, 'UTC')", meaning: 'When it was found or done' },
  kind: word('recommendation | canary (started, promoted, taken back: see message) | rollback (by itself) | drift | hold (data moved nothing) | freeze | unfreeze'),
  task: word('Task, empty when it concerns a target everywhere'),
  target: word('Target, empty when it concerns a task'),
  evidence_key: word('provider/model@effort of the target'),
  metric: word('What was measured: loss | quality | served_model | fingerprint | output_length | refusals | first_token, or the verdict of a recommendation'),
  value: { type: 'Nullable(Float64)', meaning: 'The measure; NULL when there is none' },
  reference: { type: 'Nullable(Float64)', meaning: 'What it is compared with; NULL when there is none' },
  version: { type: 'UInt32', meaning: 'Route table version in force, 0 for configured weights' },
  message: text('What happened and why, in a sentence'),
  body: text('Everything else as JSON: for a recommendation all of it but answers to probes'),
  is_simulated: { type: 'Bool', meaning: 'Whether it concerns simulated targets' },
  batch: text('Write-ahead batch that carried the row'),
  ingested_at: { type: "DateTime64(3, 'UTC')", meaning: 'When the collector decoded the row' },
} as const satisfies Record<string, Column>

/** All stored tables by name. */
export const TABLES = {
  spans: SPAN_COLUMNS,
  signals: SIGNAL_COLUMNS,
  eval_results: EVAL_RESULT_COLUMNS,
  labels: LABEL_COLUMNS,
  route_tables: ROUTE_TABLE_COLUMNS,
  content: CONTENT_COLUMNS,
  router_states: ROUTER_STATE_COLUMNS,
  learning_events: LEARNING_EVENT_COLUMNS,
} as const
export type TableName = keyof typeof TABLES

/** A row ready to insert: JSONEachRow values (decimals and 64-bit integers as strings, times as ISO text or integer nanoseconds as a string). */
export type InsertRow = Readonly<Record<string, unknown>>
