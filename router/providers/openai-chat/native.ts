// A Chat Completions client's own body in the words of a dialect: forwarded with every field it holds, but for what the dialect
// spells differently or is known to refuse. Pure; the client's body is never changed.
import type { Target } from '../../../core/config.ts'
import type { Loss } from '../adapter.ts'
import { NO_LOSS } from '../adapter.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { rulesOf, type DialectRules } from './dialects.ts'
import { setEffort } from './effort.ts'
import { withhold } from './loss.ts'
import { callId, NO_REASONING } from './messages.ts'

/** The body without model and stream. `effort`: that of the call or its target, before the body's own. */
export function nativeBody(native: JsonObject, rules: DialectRules, model: string, effort: string | undefined): JsonObject {
  const body: JsonObject = { ...native }
  if (isObject(body['metadata']) && Object.keys(body['metadata']).length === 0) delete body['metadata']
  const asked = effort ?? textAt(body, 'reasoning_effort')
  if (asked !== undefined) setEffort(body, rules.effort, asked, model)
  withhold(body, rules, model, asked)
  renameLimit(body, rules)
  if (rules.seed !== 'seed' && body['seed'] !== undefined) {
    body[rules.seed] ??= body['seed']
    delete body['seed']
  }
  if (rules.required !== 'required' && body['tool_choice'] === 'required') body['tool_choice'] = rules.required
  const messages = respelled(listAt(body, 'messages'), rules, asked !== 'none' && objectAt(body, 'thinking')?.['type'] !== 'disabled')
  if (messages !== undefined) body['messages'] = messages
  return body
}

/** What `nativeBody` takes out, by name: for the header that tells the client. */
export function nativeLoss(native: JsonObject, target: Target): Loss {
  const rules = rulesOf(target.provider)
  const dropped = withhold({ ...native }, rules, target.model, target.effort ?? textAt(native, 'reasoning_effort'))
  return dropped.length === 0 ? NO_LOSS : { refused: [], dropped }
}

function renameLimit(body: JsonObject, rules: DialectRules): void {
  if (rules.takesBothLimits) return
  const other = rules.limit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[other] === undefined) return
  body[rules.limit] ??= body[other]
  delete body[other]
}

/** Messages with what must change in them; `undefined`: nothing must. */
function respelled(messages: readonly unknown[], rules: DialectRules, thinks: boolean): unknown[] | undefined {
  if (rules.developerRole) return undefined
  let changed = false
  const all = messages.map((message) => {
    const now = isObject(message) ? respell(message, rules, thinks) : message
    changed ||= now !== message
    return now
  })
  return changed ? all : undefined
}

function respell(message: JsonObject, rules: DialectRules, thinks: boolean): JsonObject {
  let now = message
  const set = (member: string, value: unknown): void => {
    if (now === message) now = { ...message }
    if (value === undefined) delete now[member]
    else now[member] = value
  }
  if (message['role'] === 'developer' && !rules.developerRole) set('role', 'system')
  for (const member of rules.refusedInMessages) if (member in message) set(member, undefined)
  const calls = listAt(message, 'tool_calls')
  if (rules.reasoningWithCalls && thinks && calls.length > 0 && (textAt(message, 'reasoning_content') ?? '') === '') set('reasoning_content', textAt(message, 'reasoning') ?? NO_REASONING)
  if (rules.nineLetterIds) {
    const id = textAt(message, 'tool_call_id')
    if (id !== undefined && callId(id, rules) !== id) set('tool_call_id', callId(id, rules))
    if (calls.some((call) => textAt(call, 'id') !== undefined && callId(textAt(call, 'id') ?? '', rules) !== textAt(call, 'id'))) {
      set('tool_calls', calls.map((call) => (isObject(call) && typeof call['id'] === 'string' ? { ...call, id: callId(call['id'], rules) } : call)))
    }
  }
  return now
}
