// A search → SQL conditions over call spans named `c`, with its values as parameters beside them: not a character of a query ever
// becomes SQL. Says which joins the conditions need, so that a search pays only for what it asks. Pure text.
import type { FieldName } from '../../core/trace-language/fields.ts'
import type { Filter, Match } from '../../core/trace-language/filter.ts'
import { CALL_COST, CALL_WASTED, FOLLOWED } from './follow-ups.ts'

export type Condition = { readonly field: FieldName; readonly sql: string }
export type Conditions = {
  readonly all: readonly Condition[]
  /** Values of the parameters in the texts. */
  readonly values: Readonly<Record<string, unknown>>
  readonly needs: { readonly corrections: boolean; readonly signals: boolean; readonly tokens: boolean }
}

/** Attempts begin after their call: one of a call at the end of the window may begin behind it. */
export const ATTEMPTS_WINDOW = 'started_at >= {from:DateTime64(3)} AND started_at < {to:DateTime64(3)} + INTERVAL 1 HOUR'

/** A call's ids, to be looked up among many: the bloom filter on trace ids is kept out, which would be asked for each of those in every granule. */
const MANY_CALLS = '(identity(c.trace_id), c.span_id)'

/** Columns of call spans that words are compared with. */
const WORD_COLUMNS = {
  task: 'c.task',
  target: 'c.target',
  provider: 'c.provider',
  model: 'c.model',
  effort: 'c.effort',
  asked: 'c.model_requested',
  reason: 'c.reason',
  finish: 'c.finish_reason',
  surface: 'c.surface',
  purpose: 'c.purpose',
  key: 'c.key_id',
  user: 'c.user_id',
  session: 'c.session_id',
  trace: 'c.trace_id',
  request: 'c.request_id',
} as const

const NUMBERS = {
  cost: { sql: `toFloat64(${CALL_COST})`, needs: 'corrections' },
  wasted: { sql: `toFloat64(${CALL_WASTED})`, needs: 'corrections' },
  duration: { sql: 'c.duration_ns / 1e6', needs: undefined },
  ttft: { sql: 'c.ttft_ms', needs: undefined },
  'tokens.in': { sql: 't.input_tokens', needs: 'tokens' },
  'tokens.out': { sql: 't.output_tokens', needs: 'tokens' },
  'tokens.cached': { sql: 't.cache_read_tokens', needs: 'tokens' },
  attempts: { sql: 'c.attempts', needs: undefined },
  propensity: { sql: 'c.propensity', needs: undefined },
  route: { sql: 'c.route_version', needs: undefined },
  rating: { sql: FOLLOWED.rating, needs: 'signals' },
} as const

const FLAGS = {
  retried: { sql: FOLLOWED.retried, needs: 'signals' },
  edited: { sql: FOLLOWED.edited, needs: 'signals' },
  accepted: { sql: FOLLOWED.accepted, needs: 'signals' },
  streamed: { sql: 'c.stream', needs: undefined },
} as const

type Need = keyof Conditions['needs']

/** Tokens of a call over its attempts, joined as `t`. */
export const TOKENS_JOINED = `LEFT JOIN (
  SELECT trace_id, parent_span_id, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cache_read_tokens) AS cache_read_tokens
  FROM spans
  WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${ATTEMPTS_WINDOW}
  GROUP BY trace_id, parent_span_id
) AS t ON t.trace_id = c.trace_id AND t.parent_span_id = c.span_id`

/** Collects conditions and the values they name. */
class Compiler {
  readonly #values: Record<string, unknown> = {}
  readonly #needs = new Set<Need>()
  #count = 0

  /** A parameter with a value. */
  #param(type: string, value: unknown): string {
    const name = `q${(this.#count += 1)}`
    this.#values[name] = value
    return `{${name}:${type}}`
  }

  #need(need: Need | undefined): void {
    if (need !== undefined) this.#needs.add(need)
  }

  /** Every field says here what it is compared with; a new one does not compile until it has. */
  condition(filter: Filter): string {
    const { field, match } = filter
    switch (field) {
      case 'task': case 'target': case 'provider': case 'model': case 'effort': case 'asked': case 'reason': case 'finish': case 'surface': case 'purpose': case 'key': case 'user': case 'session': case 'trace': case 'request':
        return this.#words(WORD_COLUMNS[field], match)
      case 'tag':
        return this.#words(`c.tags[${this.#param('String', filter.tag ?? '')}]`, match)
      case 'status':
        return this.#words("if(c.status = 'Error', 'error', 'ok')", match)
      case 'error':
        return `(${this.#words('c.error_code', match)} OR ${this.#attempted(this.#words('error_code', match))})`
      case 'tried':
        return this.#attempted(this.#words('target', match))
      case 'response':
        return `(${this.#words('c.response_id', match)} OR ${this.#attempted(this.#words('response_id', match), true)})`
      case 'has':
        return match.kind === 'words' ? `(${match.values.map(({ text }) => this.#has(text)).join(' OR ')})` : 'false'
      case 'cost': case 'wasted': case 'duration': case 'ttft': case 'tokens.in': case 'tokens.out': case 'tokens.cached': case 'attempts': case 'propensity': case 'route': case 'rating':
        this.#need(NUMBERS[field].needs)
        return this.#number(NUMBERS[field].sql, match)
      case 'retried': case 'edited': case 'accepted': case 'streamed':
        this.#need(FLAGS[field].needs)
        return match.kind === 'flag' ? `${FLAGS[field].sql} = ${String(match.value)}` : 'false'
      case 'simulated':
        return match.kind === 'flag' ? `c.is_simulated = ${String(match.value)}` : 'false'
    }
  }

  #words(column: string, match: Match): string {
    if (match.kind !== 'words') return 'false'
    const whole = match.values.filter((word) => !word.isPrefix).map((word) => word.text)
    const parts = [
      ...(whole.length === 0 ? [] : [`${column} IN ${this.#param('Array(String)', whole)}`]),
      ...match.values.filter((word) => word.isPrefix).map((word) => `startsWith(${column}, ${this.#param('String', word.text)})`),
    ]
    return parts.length === 1 ? (parts[0] ?? 'false') : `(${parts.join(' OR ')})`
  }

  #number(sql: string, match: Match): string {
    if (match.kind === 'numbers') return `${sql} IN ${this.#param('Array(Float64)', match.values)}`
    if (match.kind === 'compare') return `${sql} ${match.operator} ${this.#param('Float64', match.value)}`
    if (match.kind === 'between') return `${sql} BETWEEN ${this.#param('Float64', match.low)} AND ${this.#param('Float64', match.high)}`
    return 'false'
  }

  /** Calls with an attempt that meets a condition: `few`, where at most a handful do. */
  #attempted(condition: string, few = false): string {
    return `${few ? '(c.trace_id, c.span_id)' : MANY_CALLS} IN (SELECT trace_id, parent_span_id FROM spans WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${ATTEMPTS_WINDOW} AND ${condition})`
  }

  #has(what: string): string {
    switch (what) {
      case 'content':
        return `${MANY_CALLS} IN (SELECT trace_id, span_id FROM content_kept WHERE at >= {from:DateTime64(3)})`
      case 'cost':
        this.#need('corrections')
        return `${CALL_COST} IS NOT NULL`
      case 'error':
        return `(c.error_code != '' OR ${this.#attempted("error_code != ''")})`
      case 'key':
        return "c.key_id != ''"
      case 'rating':
        this.#need('signals')
        return `${FOLLOWED.rating} IS NOT NULL`
      case 'session':
        return "c.session_id != ''"
      case 'signal':
        this.#need('signals')
        return FOLLOWED.observed
      case 'tags':
        return 'notEmpty(c.tags)'
      case 'tokens':
        return this.#attempted('input_tokens IS NOT NULL')
      case 'ttft':
        return 'c.ttft_ms IS NOT NULL'
      case 'user':
        return "c.user_id != ''"
      default:
        return 'false'
    }
  }

  done(all: readonly Condition[]): Conditions {
    return { all, values: this.#values, needs: { corrections: this.#needs.has('corrections'), signals: this.#needs.has('signals'), tokens: this.#needs.has('tokens') } }
  }
}

/** The conditions of a search. A negated one holds exactly where the plain one does not, unknown facts included. */
export function callConditions(filters: readonly Filter[]): Conditions {
  const compiler = new Compiler()
  const all = filters.map((filter): Condition => {
    const sql = compiler.condition(filter)
    // Only where it must be: an index is not looked into through ifNull.
    return { field: filter.field, sql: filter.negated ? `NOT ifNull(${sql}, false)` : sql }
  })
  return compiler.done(all)
}
