// Every span attribute and event name the product writes or reads, spelled once.
// Standard facts use the OpenTelemetry GenAI names (semantic conventions 1.41); ours start with `weighbridge.`.

/** OpenTelemetry GenAI names as written by us. Older spellings read on input live with the collector's dialects. */
export const GEN_AI = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  conversationId: 'gen_ai.conversation.id',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  systemFingerprint: 'openai.response.system_fingerprint',
  serviceTier: 'openai.response.service_tier',
  errorType: 'error.type',
  userId: 'user.id',
  httpStatus: 'http.response.status_code',
  serverAddress: 'server.address',
  evaluationEvent: 'gen_ai.evaluation.result',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationLabel: 'gen_ai.evaluation.score.label',
  evaluationScore: 'gen_ai.evaluation.score.value',
  evaluationExplanation: 'gen_ai.evaluation.explanation',
} as const

/** Our own attributes. Units are in the name or in the comment; all are flat scalars or string arrays. */
export const WB = {
  /** `call` on the span of a client's logical request, `attempt` on the span of one exchange with a provider, `correction` on one that corrects an attempt's cost. */
  role: 'weighbridge.role',
  task: 'weighbridge.task',
  /** caller | rule | model | default */
  taskSource: 'weighbridge.task.source',
  target: 'weighbridge.target',
  effort: 'weighbridge.effort',
  modelRequested: 'weighbridge.model_requested',
  /** 1-based number of the attempt inside its call. */
  attempt: 'weighbridge.attempt',
  /** How many attempts the call took; on the call span. */
  attempts: 'weighbridge.attempts',
  /** weighted | sticky | pinned | failover | explore */
  reason: 'weighbridge.reason',
  /** Probability with which the drawn target was drawn, over the admissible set. */
  propensity: 'weighbridge.propensity',
  routeVersion: 'weighbridge.route.version',
  /** Dollars of one attempt; absent when unpriced. */
  costUsd: 'weighbridge.cost.usd',
  /** provider | priced | estimated | backfilled | unpriced */
  costSource: 'weighbridge.cost.source',
  priceVersion: 'weighbridge.price.version',
  /** `collector`: the sender stated no cost, the collector's price book did. */
  costBy: 'weighbridge.cost.by',
  /** Dollars at our own price where the provider reported another figure, for the difference. */
  pricedUsd: 'weighbridge.cost.priced_usd',
  /** Dollars that the same tokens would have cost more without the prompt cache; below 0 where writing it cost more. On attempts that used one. */
  cacheSavedUsd: 'weighbridge.cost.cache_saved_usd',
  /**
   * Span id of the attempt whose cost a correction changes. The correction's own cost attributes are differences to what counted
   * before (a cost that was unknown counts as 0), and its cost source is the one it replaces.
   */
  corrects: 'weighbridge.corrects',
  /** Wire format of the provider. */
  wire: 'weighbridge.wire',
  /** Which of a provider's keys was used, from 1; absent with fewer than two. */
  providerKey: 'weighbridge.provider.key',
  /** The provider's own request id, for its support. */
  providerRequestId: 'weighbridge.provider.request_id',
  /** Members of the request that were left out for this provider's wire. */
  dropped: 'weighbridge.dropped',
  /** valid | violated | unchecked: the answer against the JSON schema that was asked for. */
  schemaCheck: 'weighbridge.schema',
  /** Dollars over all attempts of the call; absent when any billed attempt is unpriced. */
  callCostUsd: 'weighbridge.call.cost_usd',
  /** Dollars of the attempts whose output the client did not get. */
  callWastedUsd: 'weighbridge.call.wasted_usd',
  simulated: 'weighbridge.simulated',
  /** production | eval | judge */
  purpose: 'weighbridge.purpose',
  /** `key=value` strings. */
  tags: 'weighbridge.tags',
  sessionId: 'weighbridge.session',
  keyId: 'weighbridge.key',
  requestId: 'weighbridge.request.id',
  surface: 'weighbridge.surface',
  errorCode: 'weighbridge.error.code',
  /** JSON: candidates with weights and estimates, exclusions with reasons, the draw. On the call span. */
  decision: 'weighbridge.decision',
  ceilingSkipped: 'weighbridge.ceiling.skipped',
  ceilingWaived: 'weighbridge.ceiling.waived',
  /** Name of the limit that left the call the least room, e.g. `key usd_per_day`; of a refused call the one that refused it. */
  budgetBound: 'weighbridge.budget.bound',
  /** Dollars set aside for the call before it was made; absent where no budget counts dollars. */
  budgetReservedUsd: 'weighbridge.budget.reserved_usd',
  /** Dollars that the call's tightest dollar budget had left before it. */
  budgetLeftUsd: 'weighbridge.budget.left_usd',
  /** Calls of the trace or session so far, this one included; absent where steps are not counted. */
  budgetStep: 'weighbridge.budget.step',
  promptFingerprint: 'weighbridge.prompt.fingerprint',
  /** The provider's own usage object, as JSON. */
  usageRaw: 'weighbridge.usage.raw',
  /** Milliseconds from the start of the span to the first real output; absent without output. */
  ttftMs: 'weighbridge.ttft_ms',
  retryOf: 'weighbridge.retry.of',
  retryKind: 'weighbridge.retry.kind',
  editOf: 'weighbridge.edit.of',
  editDistance: 'weighbridge.edit.distance',
  // Evaluation results (log records with event name `gen_ai.evaluation.result`).
  /** Identity of a result, for deduplication. */
  evalResultId: 'weighbridge.eval.result_id',
  evalRun: 'weighbridge.eval.run',
  evalSuite: 'weighbridge.eval.suite',
  evalSuiteHash: 'weighbridge.eval.suite_hash',
  evalProbe: 'weighbridge.eval.probe',
  evalProbeKind: 'weighbridge.eval.probe_kind',
  evalAnswerable: 'weighbridge.eval.answerable',
  evalDomain: 'weighbridge.eval.domain',
  evalTechnique: 'weighbridge.eval.technique',
  evalEpoch: 'weighbridge.eval.epoch',
  evalStatus: 'weighbridge.eval.status',
  evalGrader: 'weighbridge.eval.grader',
  evalConfidence: 'weighbridge.eval.confidence',
  evalLatencyMs: 'weighbridge.eval.latency_ms',
  /** rule | offline | panel: who decided the label. */
  evalLabelSource: 'weighbridge.eval.label_source',
  /** Hash of the judges' prompts and schemas. */
  evalPromptHash: 'weighbridge.eval.prompt_hash',
  /** JSON: each judge's label, served model, cost and why a vote could not be used; no text of the answer. */
  evalVotes: 'weighbridge.eval.votes',
  evalSelfFamilyJudge: 'weighbridge.eval.self_family_judge',
  /** Dollars of the judges' calls. */
  evalJudgeCostUsd: 'weighbridge.eval.judge_cost_usd',
  /** The run that paid for the answer, when it came out of the cache. */
  evalCachedFrom: 'weighbridge.eval.cached_from',
  // Labels (log records with event name `weighbridge.label`): what a person says of an answer.
  labelId: 'weighbridge.label.id',
  labelValue: 'weighbridge.label.value',
  labelledBy: 'weighbridge.label.by',
  labelVia: 'weighbridge.label.via',
  labelNote: 'weighbridge.label.note',
  // Signals (log records with event name `weighbridge.signal`).
  /** Identity of a signal, for deduplication. */
  signalId: 'weighbridge.signal.id',
  signalKind: 'weighbridge.signal.kind',
  /** The later call that showed it. */
  signalByTrace: 'weighbridge.signal.by_trace_id',
  signalValue: 'weighbridge.signal.value',
  /** What it rests on within its kind; router/signals/signal.ts lists them. */
  signalBasis: 'weighbridge.signal.basis',
  /** How sure it is, 0..1. */
  signalConfidence: 'weighbridge.signal.confidence',
  /** Share of an edited answer's 4-word sequences that are still there, 0..1. */
  signalSurvival: 'weighbridge.signal.survival',
  /** The later call's own span, beside its trace. */
  signalBySpan: 'weighbridge.signal.by_span_id',
  /** Response or request id of the call a signal is about, where its trace is not known yet. */
  signalAbout: 'weighbridge.about',
  /** Signal that this one repeats with its call found. */
  signalMatches: 'weighbridge.signal.matches',
  /** Name of a score given by feedback. */
  scoreName: 'weighbridge.score.name',
  /** What a person wrote with feedback. */
  feedbackComment: 'weighbridge.feedback.comment',
  // Fingerprints on call spans: keyed hashes and similarity sketches, by which a database finds the signals of several routers.
  /** Names the secret that all prints of the span were made under. */
  fingerprintKey: 'weighbridge.fingerprint.key',
  prefixFingerprint: 'weighbridge.prefix.fingerprint',
  questionSketch: 'weighbridge.question.sketch',
  answerFingerprint: 'weighbridge.answer.fingerprint',
  answerSketch: 'weighbridge.answer.sketch',
  sentBackPrompt: 'weighbridge.sent_back.prompt',
  sentBackAnswer: 'weighbridge.sent_back.answer',
  sentBackSketch: 'weighbridge.sent_back.sketch',
  sentBackTools: 'weighbridge.sent_back.tools',
  /** An SDK's own retry of an earlier call: 1, 2, …; absent otherwise. */
  sdkRetry: 'weighbridge.sdk.retry',
  // Captured text (log records with event name `weighbridge.content`).
  /** prompt | answer */
  contentKind: 'weighbridge.content.kind',
  /** `metadata`: only the shape of the text was kept; `foreign`: attributes of another library, as they came. */
  contentForm: 'weighbridge.content.form',
  /** Bytes before it was cut. */
  contentBytes: 'weighbridge.content.bytes',
  contentTruncated: 'weighbridge.content.truncated',
  /** The answer did not come to its normal end. */
  contentPartial: 'weighbridge.content.partial',
  /** On a foreign span: how many attributes with texts were taken off it. */
  contentLeftOut: 'weighbridge.content.left_out',
  /** Its text was deleted on demand. */
  contentForgotten: 'weighbridge.content.forgotten',
  // Published route tables (log records with event name `weighbridge.route_table`).
  routeParent: 'weighbridge.route.parent',
  routeHash: 'weighbridge.route.hash',
  routeRule: 'weighbridge.route.rule',
  routeAuthor: 'weighbridge.route.author',
  routeAction: 'weighbridge.route.action',
  // What the learner found and did (log records with event name `weighbridge.learning`).
  /** Identity of an event, for deduplication. */
  learningId: 'weighbridge.learning.id',
  /** recommendation | canary | rollback | drift | hold | freeze | unfreeze */
  learningKind: 'weighbridge.learning.kind',
  /** What was measured: loss, quality, served_model, … */
  learningMetric: 'weighbridge.learning.metric',
  learningValue: 'weighbridge.learning.value',
  /** What the value is compared with. */
  learningReference: 'weighbridge.learning.reference',
  learningMessage: 'weighbridge.learning.message',
  /** provider/model@effort: what evidence is kept by. */
  evidenceKey: 'weighbridge.evidence_key',
} as const

/** Event names of the log records the collector stores. */
export const EVENT = {
  evaluation: GEN_AI.evaluationEvent,
  signal: 'weighbridge.signal',
  routeTable: 'weighbridge.route_table',
  content: 'weighbridge.content',
  routerState: 'weighbridge.router_state',
  label: 'weighbridge.label',
  learning: 'weighbridge.learning',
} as const

/** Kinds of learning events. */
export const LEARNING_KINDS = ['recommendation', 'canary', 'rollback', 'drift', 'hold', 'freeze', 'unfreeze'] as const
export type LearningKind = (typeof LEARNING_KINDS)[number]

/** Values of the closed string attributes. */
export const TASK_SOURCES = ['caller', 'rule', 'model', 'default'] as const
export type TaskSource = (typeof TASK_SOURCES)[number]
export const REASONS = ['weighted', 'sticky', 'pinned', 'failover', 'explore'] as const
export type Reason = (typeof REASONS)[number]
export const COST_SOURCES = ['provider', 'priced', 'estimated', 'backfilled', 'unpriced'] as const
export type CostSource = (typeof COST_SOURCES)[number]
export const PURPOSES = ['production', 'eval', 'judge'] as const
export type Purpose = (typeof PURPOSES)[number]
