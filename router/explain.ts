// A question about a call (its body, or only its facts) → the explanation, as the router stands. Nothing is drawn, sent or kept.
import type { Config, Target } from '../core/config.ts'
import { WeighbridgeError } from '../core/errors.ts'
import type { CallExplanation, ExplainRequest } from '../core/explanation.ts'
import type { PriceBook } from '../core/prices.ts'
import type { RouteTable } from '../core/route-table.ts'
import type { CallFacts } from './decide/call-facts.ts'
import { demandsOf, NO_DEMANDS, type Demands } from './decide/demands.ts'
import { explainCall, type ExplainInputs } from './decide/explain-call.ts'
import type { ExpectedOutput } from './decide/expected-output.ts'
import type { SessionSettings } from './decide/home-of.ts'
import type { Home } from './decide/home.ts'
import type { Standing } from './decide/plan.ts'
import { namedTarget } from './decide/resolve-model.ts'
import type { CompiledRules } from './decide/task/compile-rules.ts'
import { readTaskInput } from './decide/task/read-input.ts'
import { taskInput, type TaskInput } from './decide/task/task-input.ts'
import { readOwnMetadata } from './http/own-metadata.ts'
import type { SurfaceRequest } from './http/surfaces/surface.ts'
import { SURFACES } from './http/surfaces/surfaces.ts'
import { ADAPTERS } from './providers/adapters.ts'

export type ExplainParts = {
  readonly config: Config
  readonly table: RouteTable | undefined
  readonly rules: CompiledRules
  readonly expected: ExpectedOutput
  readonly prices: PriceBook | undefined
  readonly sessions: SessionSettings
  /** What speaks against targets at this moment; `undefined`: no router runs, and nothing does. */
  readonly standing: ((lastResort: boolean) => Standing) | undefined
  /** The call inside the limits of its caller; left out: nothing is limited. */
  readonly limits?: ((facts: CallFacts, request: ExplainRequest) => { readonly facts: CallFacts; readonly within: ExplainInputs['within'] }) | undefined
}

/** Input tokens of a call that says neither its text nor its size. */
const TYPICAL_INPUT_TOKENS = 1_000
const UNITS_PER_TOKEN = 4

/** Throws what the call itself would be refused with: `bad_request`, `unknown_model`, `unknown_task`, `unknown_target`, or what limits refuse. */
export function explainRequestWith(parts: ExplainParts, request: ExplainRequest): CallExplanation {
  const surface = [...SURFACES.values()].find(({ name }) => name === request.surface)
  if (surface === undefined) throw new WeighbridgeError('bad_request', `There is no surface ${request.surface}.`)
  const asked = request.body === undefined ? undefined : surface.read(request.body)
  const said = factsOf(request, asked)
  const { facts, within } = parts.limits?.(said, request) ?? { facts: said, within: undefined }
  return explainCall({
    plan: { config: parts.config, table: parts.table, expected: parts.expected, prices: parts.prices },
    rules: parts.rules,
    facts,
    demands: asked === undefined ? demandsOfFacts(request) : demandsOf(asked, surface.wire, ADAPTERS, undefined),
    task: inputOf(parts.rules, request, asked, facts),
    home: homeIn(parts, request, facts),
    standing: parts.standing?.(false) ?? (() => undefined),
    lastResort: parts.standing?.(true) ?? (() => undefined),
    live: parts.standing !== undefined,
    within,
  })
}

function factsOf(request: ExplainRequest, asked: SurfaceRequest | undefined): CallFacts {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const { own } = readOwnMetadata(headers, asked?.metadata)
  const size = request.text === undefined ? TYPICAL_INPUT_TOKENS : Math.max(1, Math.ceil(request.text.length / UNITS_PER_TOKEN))
  return {
    model: request.model ?? asked?.model ?? 'auto',
    ...own,
    userId: own.userId ?? asked?.userId,
    effort: request.effort ?? asked?.effort,
    stream: request.stream ?? asked?.stream ?? false,
    inputTokens: request.input_tokens ?? asked?.inputTokens ?? size,
    maxOutputTokens: request.max_output_tokens ?? asked?.maxOutputTokens,
  }
}

function demandsOfFacts({ tools, images, schema }: ExplainRequest): Demands {
  return { ...NO_DEMANDS, needs: new Set([...((tools ?? 0) > 0 ? (['tools'] as const) : []), ...(images === true ? (['images'] as const) : []), ...(schema === true ? (['json_schema'] as const) : [])]) }
}

function inputOf(rules: CompiledRules, request: ExplainRequest, asked: SurfaceRequest | undefined, facts: CallFacts): TaskInput {
  const read = asked === undefined ? undefined : readTaskInput({ surface: request.surface, native: asked.native, schema: asked.schema, inputTokens: facts.inputTokens, needs: asked.needs, keyId: request.key, tags: facts.tags }, rules.readsSystemPrompt)
  const base = read ?? taskInput({ text: request.text ?? '', surface: request.surface, inputTokens: facts.inputTokens, tags: facts.tags, keyId: request.key })
  return {
    ...base,
    ...(request.text === undefined ? {} : { text: request.text }),
    ...(request.messages === undefined ? {} : { messages: request.messages }),
    ...(request.tools === undefined ? {} : { tools: request.tools }),
    ...(request.schema === undefined ? {} : { schema: request.schema }),
    ...(request.images === undefined ? {} : { images: request.images }),
    ...(request.system_prompt_hash === undefined ? {} : { systemPromptHash: request.system_prompt_hash }),
  }
}

function homeIn({ config, prices, sessions }: ExplainParts, { home }: ExplainRequest, facts: CallFacts): Home | undefined {
  if (home === undefined || (sessions.sticky === 'off' && !home.in_tool_loop)) return undefined
  const target: Target | undefined = namedTarget(config, home.target, prices)
  if (target === undefined) throw new WeighbridgeError('unknown_target', `There is no target "${home.target.slice(0, 128)}".`)
  const tokens = Math.min(facts.inputTokens, home.tokens ?? 0)
  return { target: target.name, evidenceKey: target.evidenceKey, provider: target.provider.name, wire: target.provider.api, prefixTokens: tokens, warm: tokens > 0, inToolLoop: home.in_tool_loop }
}
