// Prompt and answer, where they were kept; where not, why, and the one line of configuration that would have kept them.
import type { CallDetail, ContentAnswer, TraceAnswer } from '../../api/trace.ts'
import { getJson } from '../client.ts'
import { useLive } from '../live.ts'
import { CopyButton, Panel, Shown } from '../parts/pieces.tsx'
import { wordsOf, type Words } from './words.ts'

/** A long message is folded beyond so many characters. */
const FOLD = 1_600

export function Said({ answer, detail }: { answer: TraceAnswer; detail: CallDetail }) {
  const isKept = answer.kept.some((one) => one.span_id === detail.span_id && one.is_there)
  return (
    <Panel title="What was said" class="said" note={isKept ? 'as kept, after redaction; reading it takes an admin key' : undefined}>
      {isKept ? <Kept key={detail.span_id} traceId={answer.trace_id} spanId={detail.span_id} /> : <NotKept why={detail.why_not_kept} />}
    </Panel>
  )
}

function Kept({ traceId, spanId }: { traceId: string; spanId: string }) {
  const path = `/admin/content/${traceId}`
  const live = useLive(path, 0, (signal) => getJson<ContentAnswer>(path, signal))
  return (
    <Shown live={live} what="The text">
      {({ content }) => (
        <div class="columns even">
          {content
            .filter((row) => row.span_id === spanId)
            .map(wordsOf)
            .map((words) => (
              <Side key={words.kind} words={words} />
            ))}
        </div>
      )}
    </Shown>
  )
}

function Side({ words }: { words: Words }) {
  const all = words.messages.map(({ role, text }) => `${role}: ${text}`).join('\n\n')
  return (
    <section class="words" aria-label={words.kind === 'prompt' ? 'Prompt' : 'Answer'}>
      <h3>
        {words.kind === 'prompt' ? 'Prompt' : 'Answer'} <CopyButton label={`Copy the ${words.kind}`} text={() => all} />
      </h3>
      {words.notes.length > 0 && <p class="note warn">{words.notes.join('; ')}</p>}
      {words.messages.length === 0 && words.notes.length === 0 && <p class="note">Empty.</p>}
      {words.messages.map((message, i) => (
        <Message key={i} {...message} />
      ))}
    </section>
  )
}

function Message({ role, text }: { role: string; text: string }) {
  return (
    <div class={`message ${role}`}>
      <small>{role}</small>
      {text.length <= FOLD ? (
        <p>{text}</p>
      ) : (
        <details>
          <summary>
            {text.slice(0, 400)}… <span class="muted">({text.length.toLocaleString('en-US')} characters)</span>
          </summary>
          <p>{text}</p>
        </details>
      )}
    </div>
  )
}

/** Where the server writes the line that would have kept it. */
const LINE = /^(.*?)(?:, |: )in weighbridge\.yaml: (.+)$/s

export function NotKept({ why }: { why: string | null }) {
  if (why === null) return <p class="note">Prompt and answer were not kept.</p>
  const [, before, line] = LINE.exec(why) ?? []
  if (before === undefined || line === undefined) return <p class="note">{sentence(why)}.</p>
  return (
    <div class="not-kept">
      <p>{sentence(before)}, in weighbridge.yaml:</p>
      <p>
        <code>{line}</code> <CopyButton label="Copy the line" text={() => line} />
      </p>
    </div>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
