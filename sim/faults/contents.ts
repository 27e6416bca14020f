// Answers that are whole and well formed on the wire and still not what was asked for: errors told inside a stream, declined
// requests, broken promises of form, facts left out.
import { planError } from '../plan.ts'
import type { Finish, Said, SaidPart, SimError } from '../surfaces/surface.ts'
import { beforeOutput, endAfter, event, half, type Fault, type FaultContext } from './fault.ts'

/** An error event after some of the answer; unstreamed, an error object under status 200. */
const told =
  (error: SimError, until: typeof half) =>
  ({ surface, asked, answer, said, timeScale }: FaultContext) => {
    if (!asked.stream) return planError(surface, error, asked.model, timeScale).map((step) => (step.kind === 'head' ? { ...step, status: 200 } : step))
    const steps = until(answer(said))
    return endAfter([...steps, event(steps, 'end', surface.errorEvent(error, asked.model))])
  }

const saying = (said: Said, parts: readonly SaidPart[], finish: Finish): Said => ({ ...said, choices: [{ parts, finish, stopSequence: undefined }] })

const textsOf = (said: Said): string => said.choices[0].parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('')

export const CONTENTS = {
  error_event_first: { about: 'An error event before any output, after status 200', delivers: false, steps: told({ kind: 'server' }, beforeOutput) },
  error_event_mid_stream: { about: 'An error event after half of the answer; unstreamed: an error object with status 200', delivers: false, steps: told({ kind: 'server' }, half) },
  overloaded_first: { about: 'The overload error as the first event, after status 200', delivers: false, steps: told({ kind: 'overloaded' }, beforeOutput) },
  overloaded_mid_stream: { about: 'The overload error (Anthropic: 529) inside the stream after half of the answer', delivers: false, steps: told({ kind: 'overloaded' }, half) },
  rate_limit_mid_stream: { about: 'The rate limit error inside the stream after half of the answer', delivers: false, steps: told({ kind: 'rate_limit' }, half) },
  refusal: {
    about: 'The model declines, marked as its wire marks it',
    delivers: false,
    steps: ({ surface, answer, said }) => answer(saying(said, surface.wire.startsWith('openai') ? [{ kind: 'refusal', text: "I'm sorry, but I can't help with that." }] : [], 'refusal')),
  },
  content_filter: {
    about: 'The filter ends the answer in the middle',
    delivers: false,
    steps: ({ answer, said }) => {
      const text = textsOf(said)
      return answer(saying(said, [{ kind: 'text', text: text.slice(0, Math.ceil(text.length / 2)) }], 'content_filter'))
    },
  },
  schema_violation: { about: 'Where a JSON schema was asked for: JSON that it does not accept', delivers: false, steps: ({ asked, answer, said }) => answer(asked.schema === undefined ? said : saying(said, [{ kind: 'text', text: '["not what was asked for"]' }], 'stop')) },
  schema_not_json: { about: 'Where a JSON schema was asked for: prose', delivers: false, steps: ({ asked, answer, said }) => answer(asked.schema === undefined ? said : saying(said, [{ kind: 'text', text: 'Certainly! Here is the JSON you asked for.' }], 'stop')) },
  tool_arguments_broken: {
    about: 'Where tools were offered: a call whose arguments are no JSON (Gemini: MALFORMED_FUNCTION_CALL)',
    delivers: false,
    steps: ({ surface, asked, answer, said }) => {
      const [offer] = asked.tools
      if (offer === undefined) return answer(said)
      if (surface.wire === 'gemini') return answer(saying(said, [], 'bad_call'))
      return answer(saying(said, [{ kind: 'tool', id: `call_broken${said.id.slice(-8)}`, name: offer.name, argumentsJson: '{"city": "Pra', seal: undefined }], 'tool_calls'))
    },
  },
  empty_answer: { about: 'An answer without any content', delivers: false, steps: ({ answer, said }) => answer(saying(said, [], 'stop')) },
  other_model: { about: 'An answer by a model that nobody asked for', delivers: true, steps: ({ answer, said }) => answer({ ...said, model: 'some-other-model' }) },
  no_usage: { about: 'An answer that states no usage', delivers: true, steps: ({ answer, said }) => answer({ ...said, usage: undefined }) },
} as const satisfies Record<string, Fault>
