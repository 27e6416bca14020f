// What somebody changed in an answer before they sent it back: the kept answer beside the kept text of the later call, word by word.
import { diffWordsWithSpace } from 'diff'
import type { ContentAnswer, Signal } from '../../api/trace.ts'
import { getJson } from '../client.ts'
import { useLive } from '../live.ts'
import { Shown } from '../parts/pieces.tsx'
import { lastSaid, mostLike, wordsOf } from './words.ts'

/** Longer texts are not compared: the browser would stand still. */
const LONGEST = 40_000

export function EditDiff({ signal }: { signal: Signal }) {
  const live = useLive(`edit ${signal.trace_id} ${signal.span_id} ${signal.by_trace_id}`, 0, async (abort) => {
    const [before, after] = await Promise.all([signal.trace_id, signal.by_trace_id].map((id) => getJson<ContentAnswer>(`/admin/content/${id}`, abort)))
    const said = lastSaid((before?.content ?? []).map(wordsOf), 'answer', signal.span_id === '' ? undefined : signal.span_id)
    return { said, sent: said === undefined ? undefined : mostLike(said, (after?.content ?? []).map(wordsOf)) }
  })
  return (
    <Shown live={live} what="The two texts">
      {({ said, sent }) => {
        if (said === undefined) return <p class="note">The answer was not kept, so there is nothing to compare: “What was said” says which line of configuration keeps it.</p>
        if (sent === undefined) return <p class="note">The text that came back was not kept, or nothing in the later call is like the answer.</p>
        if (said.length + sent.length > LONGEST) return <p class="note">Together the two texts are longer than {LONGEST.toLocaleString('en-US')} characters: too long to be compared here.</p>
        return (
          <p class="diff" aria-label="The answer with what was changed in it">
            {diffWordsWithSpace(said, sent).map((part, i) => (part.added ? <ins key={i}>{part.value}</ins> : part.removed ? <del key={i}>{part.value}</del> : <span key={i}>{part.value}</span>))}
          </p>
        )
      }}
    </Shown>
  )
}
