// Every error the product raises on purpose: one class, one closed list of codes, one catalogue that answers for each
// code what to tell a client and what the router should do. Messages never carry a prompt, a body or a key.

/** What a code means for a client and for the router. */
export type ErrorAnswer = {
  /** HTTP status given to a client of ours when this ends a call. */
  readonly httpStatus: number
  /** Whether the same target may be tried once more when no other link is left. */
  readonly retrySameTarget: boolean
  /** Whether the call may go on to the next link of its chain. */
  readonly failOver: boolean
  /** Whether it counts against the target's health. */
  readonly countsAgainstHealth: boolean
  /** `type` in an OpenAI-shaped error body. */
  readonly type: 'invalid_request_error' | 'authentication_error' | 'permission_error' | 'rate_limit_error' | 'api_error'
  /** What a person should change. */
  readonly remedy: string
}

const request = { retrySameTarget: false, failOver: false, countsAgainstHealth: false, type: 'invalid_request_error' } as const
const ours = { retrySameTarget: false, failOver: false, countsAgainstHealth: false, type: 'api_error' } as const
const transient = { retrySameTarget: true, failOver: true, countsAgainstHealth: true, type: 'api_error' } as const

/** All codes with their answers. A new code does not compile until it has answered every question. */
export const ERROR_CATALOGUE = {
  // The client's request.
  bad_request: { ...request, httpStatus: 400, remedy: 'Correct the named field and send the request again.' },
  unsupported_media_type: { ...request, httpStatus: 415, remedy: 'Send content-type: application/json.' },
  method_not_allowed: { ...request, httpStatus: 405, remedy: 'Use the method named in the allow header.' },
  route_not_found: { ...request, httpStatus: 404, remedy: 'Check the method and the path against docs/apis.md.' },
  body_too_large: { ...request, httpStatus: 413, remedy: 'Send a smaller body, or raise router.max_body_bytes.' },
  unknown_model: { ...request, httpStatus: 404, remedy: 'Use auto, task:NAME, a target from GET /v1/models, provider/model, or an alias from config.' },
  unknown_task: { ...request, httpStatus: 404, remedy: 'Name a task from the config, or leave the task out.' },
  unknown_target: { ...request, httpStatus: 404, remedy: 'Name a target from the config.' },
  no_admissible_target: { ...request, httpStatus: 422, remedy: 'Read the exclusions in the message; relax a ceiling, undrain a target or add one to the chain.' },
  forbidden_origin: { ...request, httpStatus: 403, type: 'permission_error', remedy: 'Call from the same origin, or add the host to router.allowed_hosts.' },
  key_missing: { ...request, httpStatus: 401, type: 'authentication_error', remedy: 'Send authorization: Bearer KEY with a key made by `weighbridge keys create`.' },
  key_invalid: { ...request, httpStatus: 401, type: 'authentication_error', remedy: 'Use a current key; `weighbridge keys list` shows which exist.' },
  key_scope: { ...request, httpStatus: 403, type: 'permission_error', remedy: 'Use a key with the scope that the message names: `weighbridge keys create --scope …`; commands take it from WEIGHBRIDGE_KEY.' },
  key_expired: { ...request, httpStatus: 401, type: 'authentication_error', remedy: 'Ask for a new key, or for another end: `weighbridge keys update ID --expires TIME`.' },
  not_allowed_task: { ...request, httpStatus: 403, type: 'permission_error', remedy: 'Call a task that the message names, or have the key changed: `weighbridge keys update ID --tasks …`.' },
  not_allowed_target: { ...request, httpStatus: 403, type: 'permission_error', remedy: 'Name a target that the key may use, or have the key changed: `weighbridge keys update ID --targets …`.' },
  budget_exceeded: { ...request, httpStatus: 429, type: 'rate_limit_error', remedy: 'Wait for the reset that the message names, or have the budget raised; `weighbridge budgets` shows who used it.' },
  rate_limit_exceeded: { ...request, httpStatus: 429, type: 'rate_limit_error', remedy: 'Wait for the time in retry-after, call less often, or have the limit raised.' },
  // Waiting cures neither of these, and many clients take any 429 for a reason to try again.
  step_limit: { ...request, httpStatus: 409, remedy: 'Begin a new trace or session, or raise its limit in the configuration or in the header that set it.' },
  runaway: { ...request, httpStatus: 409, remedy: 'Look at what repeats the call; go on in a new trace or session, or lift it: `weighbridge budgets reset trace ID`.' },
  cannot_translate: { ...request, httpStatus: 400, remedy: 'Leave the named members out, or call a target whose provider speaks the same API as this endpoint.' },
  unknown_response: { ...request, httpStatus: 404, remedy: 'Send the whole conversation as input: stored responses live at the provider that made them.' },
  overloaded: { ...ours, httpStatus: 503, remedy: 'Wait for the time in retry-after, raise router.max_calls, or run more routers.' },
  call_timeout: { ...ours, httpStatus: 504, remedy: 'Raise router.call_timeout_ms, or shorten the timeouts of the chain\'s providers.' },
  client_closed: { ...request, httpStatus: 499, remedy: 'Nothing to do: the client hung up.' },
  // What a provider did.
  provider_rate_limited: { ...transient, httpStatus: 429, retrySameTarget: false, type: 'rate_limit_error', remedy: 'Wait for the time in retry-after, or add a link to the chain.' },
  provider_quota_exhausted: { ...transient, httpStatus: 429, retrySameTarget: false, type: 'rate_limit_error', remedy: 'Add credit or raise the spend limit at the provider.' },
  provider_overloaded: { ...transient, httpStatus: 503, countsAgainstHealth: false, remedy: 'Try later, or add a link at another provider.' },
  provider_credential: { ...transient, httpStatus: 502, retrySameTarget: false, remedy: "Check the provider's api_key and billing; `weighbridge doctor --live` proves it." },
  provider_context_length: { ...request, httpStatus: 400, remedy: 'Send fewer tokens, or route to a target with a longer context.' },
  provider_bad_request: { ...request, httpStatus: 400, remedy: 'The provider refused the request itself; correct it as its message says.' },
  provider_not_found: { ...request, failOver: true, countsAgainstHealth: true, httpStatus: 404, remedy: "Check the target's model name against the provider's list." },
  provider_server_error: { ...transient, httpStatus: 502, remedy: "Look at the provider's status page; the chain goes on meanwhile." },
  provider_unreachable: { ...transient, httpStatus: 502, remedy: 'Check base_url, DNS, TLS and the network path to the provider.' },
  provider_timeout_connect: { ...transient, httpStatus: 504, remedy: 'Check the network path, or raise timeouts.connect_ms.' },
  provider_timeout_first_token: { ...transient, httpStatus: 504, retrySameTarget: false, remedy: 'Raise timeouts.first_token_ms if this model thinks for long.' },
  provider_timeout_idle: { ...transient, httpStatus: 504, retrySameTarget: false, remedy: 'Raise timeouts.idle_ms if this model pauses for long.' },
  provider_timeout_total: { ...transient, httpStatus: 504, retrySameTarget: false, remedy: 'Raise timeouts.total_ms, or ask for a shorter answer.' },
  provider_stream_cut: { ...transient, httpStatus: 502, remedy: 'The provider closed its stream without a terminal event; the partial answer is marked as failed.' },
  provider_stream_error: { ...transient, httpStatus: 502, remedy: 'The provider reported an error inside its stream; see error.code on the attempt.' },
  provider_malformed: { ...transient, httpStatus: 502, retrySameTarget: false, remedy: 'The provider answered something that is not its own wire format; check base_url and api.' },
  provider_refused: { ...request, failOver: true, httpStatus: 502, type: 'api_error', remedy: 'The model or its filter declined; task.on_refusal names a chain to go on along.' },
  provider_schema_violation: { ...request, failOver: true, httpStatus: 502, type: 'api_error', remedy: 'The answer breaks the JSON schema that was asked for; loosen the schema, use a model with strict output, or set on_schema_violation: return.' },
  provider_body_too_large: { ...transient, httpStatus: 502, retrySameTarget: false, remedy: 'The provider sent more than router.max_response_bytes; raise it or change the target.' },
  // Configuration and start-up.
  config_invalid: { ...ours, httpStatus: 500, remedy: 'Correct the fields named in the message; `weighbridge config schema` prints the schema.' },
  config_missing: { ...ours, httpStatus: 500, remedy: 'Run `weighbridge init`, or pass --config FILE.' },
  usage: { ...ours, httpStatus: 500, remedy: 'Run the command with --help.' },
  bind_refused: { ...ours, httpStatus: 500, remedy: 'Make an admin key with `weighbridge keys create --scope admin`, or bind to 127.0.0.1.' },
  port_taken: { ...ours, httpStatus: 500, remedy: 'Stop the other process, or choose another port: --port (router), --otlp-port (collector), --clickhouse-port.' },
  data_dir_locked: { ...ours, httpStatus: 500, remedy: 'Another process uses this data directory; stop it, or pass --data DIR.' },
  engine_unsupported: { ...ours, httpStatus: 500, remedy: 'The embedded engine needs glibc Linux or macOS; elsewhere set CLICKHOUSE_URL to a ClickHouse server.' },
  engine_failed: { ...ours, httpStatus: 500, remedy: 'Read engine.log in the data directory; `weighbridge doctor` checks the rest.' },
  clickhouse_unreachable: { ...ours, httpStatus: 503, remedy: 'Check CLICKHOUSE_URL, user and password, and that the server answers.' },
  clickhouse_query: { ...ours, httpStatus: 500, remedy: "Read the server's code and message; `weighbridge migrate` brings the schema up to date." },
  schema_outdated: { ...ours, httpStatus: 500, remedy: 'Run `weighbridge migrate` (or update this program when the database is newer).' },
  collector_unreachable: { ...ours, httpStatus: 503, remedy: 'Start the collector, or correct its address; spans wait on disk meanwhile.' },
  disk_full: { ...ours, httpStatus: 503, remedy: 'Free space in the data directory; writing goes on by itself.' },
  log_corrupt: { ...ours, httpStatus: 500, remedy: 'The damaged segment was set aside beside the log; nothing else was touched.' },
  otlp_undecodable: { ...request, httpStatus: 400, remedy: 'Send OTLP 1.x as JSON or protobuf with the matching content-type.' },
  router_unreachable: { ...ours, httpStatus: 503, remedy: 'Start `weighbridge up` (or `router`), or pass --url.' },
  // Learning and evaluation.
  route_table_invalid: { ...ours, httpStatus: 422, remedy: 'The last good table stays in force; correct the file or publish again.' },
  route_table_stale_parent: { ...ours, httpStatus: 409, remedy: 'The table moved since; run `weighbridge routes recommend` again.' },
  route_version_unknown: { ...ours, httpStatus: 404, remedy: '`weighbridge routes history` lists the versions.' },
  publish_lease_held: { ...ours, httpStatus: 409, remedy: 'Another publisher is at work; try again in a few seconds.' },
  nothing_to_apply: { ...ours, httpStatus: 409, remedy: 'Run `weighbridge routes recommend` first.' },
  outcomes_invalid: { ...ours, httpStatus: 422, remedy: 'Correct the rows that the message names; the head must have prompt_id, task, model, score (0..1) and cost_usd.' },
  suite_invalid: { ...ours, httpStatus: 422, remedy: 'Correct the suite file at the line named in the message.' },
  eval_budget_needed: { ...ours, httpStatus: 422, remedy: 'Pass --budget-usd or set evals.budget_usd: evals on real targets spend money.' },
  eval_run_differs: { ...ours, httpStatus: 422, remedy: 'Start a new run: another suite, seed, limit or grader is another sample.' },
  judges_needed: { ...ours, httpStatus: 422, remedy: 'Name judges in evals.judges (targets of the configuration, of other families than the targets they judge).' },
  content_not_captured: { ...ours, httpStatus: 422, remedy: 'Set `capture: { mode: on_signal }` (or `all`) in weighbridge.yaml: prompts and answers are kept from then on.' },
  commands_off: { ...ours, httpStatus: 422, remedy: 'Set evals.commands: isolated (or on): checks run programs, and with a code suite code that a model wrote, on this machine; docs/suites.md says what keeps them in.' },
  private_seed: { ...ours, httpStatus: 422, remedy: 'Set WEIGHBRIDGE_PRIVATE_SEED (or …_FILE) to a secret of at least 16 characters, e.g. from `openssl rand -hex 16`, and keep it: another seed is another sample.' },
  probes_unreadable: { ...ours, httpStatus: 422, remedy: 'Correct the rows named in the message, or pass --skip-bad to leave them out.' },
  eval_run_unknown: { ...ours, httpStatus: 404, remedy: '`weighbridge eval report` without an argument lists the runs.' },
  search_invalid: { ...request, httpStatus: 400, remedy: 'Correct the marked part; docs/trace-fields.md and `weighbridge traces --help` list the fields.' },
  trace_unknown: { ...ours, httpStatus: 404, remedy: 'Spans arrive within seconds; check the id and the time range.' },
  // Operators and prices.
  drain_unknown: { ...ours, httpStatus: 404, remedy: '`weighbridge status` lists what is drained.' },
  key_unknown: { ...ours, httpStatus: 404, remedy: '`weighbridge keys list` shows the keys with their ids.' },
  budget_unknown: { ...ours, httpStatus: 404, remedy: '`weighbridge budgets` shows what is counted.' },
  primary_unreachable: { ...ours, httpStatus: 503, remedy: 'Start the primary router, or correct router.primary_url; what was last known stays in force.' },
  prices_invalid: { ...ours, httpStatus: 422, remedy: 'Correct the price file at the place the message names; the last good prices stay in force.' },
  prices_unreachable: { ...ours, httpStatus: 503, remedy: 'Check prices.source and the network; the last prices stay in force.' },
  internal: { ...ours, httpStatus: 500, remedy: 'This is a defect: please report the code and the request id.' },
} as const satisfies Record<string, ErrorAnswer>

/** A stable name for what went wrong; the keys of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE

/** Extra facts an error may carry, all safe to show. */
export type ErrorOptions = {
  /** The error that caused this one; only its message is ever shown in logs. */
  readonly cause?: unknown
  /** Milliseconds a client should wait before it tries again. */
  readonly retryAfterMs?: number
  /** Replaces the catalogue's remedy where a more exact one is known. */
  readonly remedy?: string
  /** Small structured facts for the error's body (names, numbers). */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The one error class: a closed code, a message that names the value seen, and a remedy. */
export class WeighbridgeError extends Error {
  override readonly name = 'WeighbridgeError'
  readonly code: ErrorCode
  readonly remedy: string
  readonly retryAfterMs: number | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy ?? ERROR_CATALOGUE[code].remedy
    this.retryAfterMs = options.retryAfterMs
    this.details = options.details
  }

  /** The catalogue's answers for this error's code. */
  get answer(): ErrorAnswer {
    return ERROR_CATALOGUE[this.code]
  }
}

/** The error itself when it is ours, otherwise an `internal` one that names what was thrown. */
export function asWeighbridgeError(thrown: unknown): WeighbridgeError {
  if (thrown instanceof WeighbridgeError) return thrown
  return new WeighbridgeError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
}
