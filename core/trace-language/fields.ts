// The fields of the search language for calls: what each is called, what it holds, and what it means. One table, which the parser,
// the printer, the SQL behind it, the help of `traces` and docs/traces.md read. Pure.
import { PURPOSES, REASONS } from '../attributes.ts'

/** Unit of a number, which decides how it is written: `$0.01`, `250ms`, `2s`, `10k`, `5%`. */
export type NumberUnit = 'usd' | 'ms' | 'count' | 'share' | 'rating'

type WordField = { readonly kind: 'word'; /** The only values there are; left out: any text. */ readonly values?: readonly string[]; /** Whole ids only, no `*`. */ readonly isId?: true }
type NumberField = { readonly kind: 'number'; readonly unit: NumberUnit }
type FlagField = { readonly kind: 'flag' }
type Described = { readonly meaning: string; readonly example: string }
export type FieldDefinition = (WordField | NumberField | FlagField) & Described

/** What `has:` can ask for, and what it means there. */
export const HAS = {
  content: 'its prompt or answer was kept (capture)',
  cost: 'its cost is known',
  error: 'the call or one of its attempts has an error code',
  key: 'it was made with a key',
  rating: 'somebody rated it',
  session: 'it belongs to a session',
  signal: 'something was said of it afterwards: a retry, an edit, an acceptance, feedback',
  tags: 'it has tags',
  tokens: 'its provider counted tokens',
  ttft: 'there was output',
  user: 'it names an end user',
} as const
export type HasValue = keyof typeof HAS

const word = (meaning: string, example: string): FieldDefinition => ({ kind: 'word', meaning, example })
const oneOf = (values: readonly string[], meaning: string, example: string): FieldDefinition => ({ kind: 'word', values, meaning, example })
const id = (meaning: string, example: string): FieldDefinition => ({ kind: 'word', isId: true, meaning, example })
const number = (unit: NumberUnit, meaning: string, example: string): FieldDefinition => ({ kind: 'number', unit, meaning, example })
const flag = (meaning: string, example: string): FieldDefinition => ({ kind: 'flag', meaning, example })

/** All fields, in the order in which help shows them; `tag` is written `tag.NAME`. */
export const FIELDS = {
  task: word('Task of the call', 'task:code_generation'),
  target: word('Target that answered, or the last one tried', 'target:gpt-*'),
  tried: word('A target that one of its attempts went to', 'tried:kimi-k2.6'),
  provider: word('Provider that answered, or the last one tried', 'provider:(openai,anthropic)'),
  model: word('Model asked of that provider', 'model:claude-*'),
  effort: word('Reasoning effort of the target', 'effort:high'),
  asked: word('The `model` the client asked for', 'asked:auto'),
  status: oneOf(['ok', 'error'], 'How the call ended; a client that hangs up is no error', 'status:error'),
  error: word('Error code of the call or of one of its attempts', 'error:provider_rate_limited'),
  reason: oneOf(REASONS, 'Why the answering target was asked', 'reason:failover'),
  finish: word("The provider's finish reason", 'finish:length'),
  surface: word('API the client used', 'surface:messages'),
  purpose: oneOf(PURPOSES, 'What the call was for; production unless the query says so or names an id', 'purpose:eval'),
  key: word('Id of the virtual key', 'key:team-search'),
  user: word('End user, as the client named them', 'user:u-17'),
  session: word('Session, as the client named it', 'session:s-42'),
  tag: word('A tag of the call', 'tag.team:search'),
  cost: number('usd', 'Dollars of all its attempts', 'cost>$0.05'),
  wasted: number('usd', 'Dollars of the attempts whose output the client did not get', 'wasted>0'),
  duration: number('ms', 'Whole length of the call', 'duration>20s'),
  ttft: number('ms', 'Time to the first real output', 'ttft:500ms..2s'),
  'tokens.in': number('count', 'Input tokens of all its attempts', 'tokens.in>=10k'),
  'tokens.out': number('count', 'Output tokens of all its attempts', 'tokens.out>2000'),
  'tokens.cached': number('count', 'Input tokens read from cache', 'tokens.cached>0'),
  attempts: number('count', 'How many attempts it took; none: it was refused before', 'attempts>1'),
  propensity: number('share', 'Probability with which its first target was drawn', 'propensity<5%'),
  route: number('count', 'Version of the route table in force, 0 for configured weights', 'route:42'),
  rating: number('rating', 'What it was rated', 'rating<0.5'),
  retried: flag('Its user asked again or rephrased', 'retried:yes'),
  edited: flag('Its answer came back changed', 'edited:yes'),
  accepted: flag('It was completed, followed up, and nothing was held against it for 30 minutes', 'accepted:no'),
  streamed: flag('Its answer was streamed', 'streamed:no'),
  simulated: flag('A simulated provider answered; one side at a time, never both', 'simulated:yes'),
  has: oneOf(Object.keys(HAS), 'What is known of it', 'has:rating'),
  trace: id('Trace id', 'trace:4bf92f3577b34da6a3ce929d0e0e4736'),
  response: id("The provider's response id", 'response:chatcmpl-abc123'),
  request: id('Request id given to the client', 'request:req_01HX'),
} as const satisfies Readonly<Record<string, FieldDefinition>>
export type FieldName = keyof typeof FIELDS

/** The definition of a field; `undefined`: there is none of that name. */
export function fieldNamed(name: string): FieldDefinition | undefined {
  // Own members only: `constructor` is no field.
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as FieldName] : undefined
}

/** Whether a name is a field's. */
export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name)
}

/** What people call a field that is called otherwise here. Several: any of them may be meant. */
export const OTHER_NAMES: Readonly<Record<string, readonly FieldName[]>> = {
  latency: ['duration'],
  ms: ['duration'],
  time_to_first_token: ['ttft'],
  usd: ['cost'],
  price: ['cost'],
  spend: ['cost'],
  waste: ['wasted'],
  code: ['error'],
  error_code: ['error'],
  version: ['route'],
  route_version: ['route'],
  tokens: ['tokens.in', 'tokens.out', 'tokens.cached'],
  input: ['tokens.in'],
  input_tokens: ['tokens.in'],
  output: ['tokens.out'],
  output_tokens: ['tokens.out'],
  cached: ['tokens.cached'],
  failover: ['attempts', 'reason'],
  failovers: ['attempts', 'reason'],
  feedback: ['rating'],
  id: ['trace', 'response', 'request'],
  trace_id: ['trace'],
  response_id: ['response'],
  request_id: ['request'],
  session_id: ['session'],
  user_id: ['user'],
  key_id: ['key'],
  model_requested: ['asked'],
  requested: ['asked'],
  stream: ['streamed'],
  api: ['surface'],
  sim: ['simulated'],
  tags: ['tag'],
}

/** Words for times: a query holds none, its range is chosen beside it. */
export const TIME_WORDS: ReadonlySet<string> = new Set(['since', 'until', 'before', 'after', 'from', 'to', 'time', 'date', 'at', 'last', 'started', 'started_at'])
