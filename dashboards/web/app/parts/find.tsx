// The search in the bar: an id goes straight to its trace, anything else is a search of Traces. `/` puts the cursor there.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FindAnswer } from '../../api/trace.ts'
import { type Address, type Go, scopeQuery } from '../address.ts'
import { getJson, PageError } from '../client.ts'

/** A trace, response or request id, or the beginning of none: without an operator of the search language. */
const LOOKS_LIKE_ID = /^(?=.*\d)[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/

export function Find({ address, go }: { address: Address; go: Go }) {
  const [problem, setProblem] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]')
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  const find = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = event.currentTarget
    const text = String(new FormData(form).get('find') ?? '').trim()
    if (text === '') return
    if (!LOOKS_LIKE_ID.test(text)) {
      form.reset()
      return go({ page: 'traces', id: '', own: { q: text } })
    }
    try {
      const params = scopeQuery({ ...address.scope, window: undefined, tasks: [], targets: [] })
      params.set('id', text)
      const { trace_ids } = await getJson<FindAnswer>(`/api/ui/find?${params}`)
      setProblem(undefined)
      form.reset()
      go({ page: 'trace', id: trace_ids[0] ?? '', own: {} })
    } catch (thrown) {
      setProblem(thrown instanceof PageError ? `${thrown.message} ${thrown.remedy}` : String(thrown))
    }
  }
  return (
    <form class="find" role="search" onSubmit={(event) => void find(event)}>
      <input ref={input} name="find" type="search" aria-label="Find a trace by any id, or search calls" placeholder="Any id, or cost>$0.05  /" autocomplete="off" spellcheck={false} onInput={() => setProblem(undefined)} />
      {problem !== undefined && (
        <p class="pop" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}
