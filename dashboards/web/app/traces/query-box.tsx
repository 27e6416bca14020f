// The query: checked while it is typed with the parser that runs it, faults marked where they are with what was probably meant, fields and
// values offered while a word is being written, and the whole language behind a button.
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { FIELDS } from '../../../../core/trace-language/fields.ts'
import type { Fault } from '../../../../core/trace-language/filter.ts'
import { parseTraceQuery, withSuggestion } from '../../../../core/trace-language/parse.ts'
import type { FacetsAnswer } from '../../api/traces.ts'
import { Menu } from '../parts/menu.tsx'
import { type Offer, offers, taken } from './offers.ts'

type Props = { readonly q: string; readonly faults: readonly Fault[]; readonly search: (text: string) => void; readonly facets: FacetsAnswer['facets'] | undefined }

export function QueryBox({ q, faults, search, facets }: Props) {
  const [text, setText] = useState(q)
  const [caret, setCaret] = useState(q.length)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  // The address changed: a facet, a link, the way back.
  useEffect(() => setText(q), [q])
  const shown = open ? offers(text, caret, facets) : []
  const now = text === q ? faults : parseTraceQuery(text).faults
  // What is still being written is not wrong yet.
  const told = text === q ? now : now.filter((fault) => fault.to < text.length)

  const submit = (value: string): void => {
    setOpen(false)
    setActive(-1)
    search(value.trim())
  }
  const take = (offer: Offer): void => {
    const { text: next, caret: at } = taken(text, offer)
    setText(next)
    setActive(-1)
    setCaret(at)
    input.current?.focus()
    // The caret can only be set once the new text stands in the input.
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at))
    if (offer.isWhole) submit(next)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setOpen(false)
    if (shown.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + shown.length + 1) % (shown.length + 1))
    }
    const offer = shown[active]
    if (offer !== undefined && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault()
      take(offer)
    }
  }
  return (
    <form
      class="query"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        submit(text)
      }}
    >
      <div class="query-line">
        <div class="query-input">
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label="Search calls"
            aria-expanded={shown.length > 0}
            aria-controls={`${id}-offers`}
            aria-autocomplete="list"
            aria-invalid={told.length > 0}
            {...(told.length > 0 ? { 'aria-describedby': `${id}-faults` } : {})}
            {...(active >= 0 ? { 'aria-activedescendant': `${id}-offer-${active}` } : {})}
            value={text}
            placeholder="task:code_generation cost>$0.05 -status:error"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => {
              setText(event.currentTarget.value)
              setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length)
              setOpen(true)
              setActive(-1)
            }}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKey}
          />
          <ul id={`${id}-offers`} role="listbox" aria-label="What could stand here" class="offers" hidden={shown.length === 0}>
            {shown.map((offer, i) => (
              <li key={offer.text} id={`${id}-offer-${i}`} role="option" aria-selected={i === active} onPointerDown={(event) => event.preventDefault()} onClick={() => take(offer)}>
                <code>{offer.text}</code> <span>{offer.about}</span>
              </li>
            ))}
          </ul>
        </div>
        <button type="submit" class="strong">
          Search
        </button>
        {text !== '' && (
          <button
            type="button"
            onClick={() => {
              setText('')
              submit('')
            }}
          >
            Clear
          </button>
        )}
        <Menu face="How to search" label="How to search: all fields">
          <Language />
        </Menu>
      </div>
      {told.length > 0 && (
        <div id={`${id}-faults`} class="faults" role="alert">
          {text.length <= 200 && <Marked text={text} faults={told} />}
          <ul>
            {told.map((fault) => (
              <li key={`${fault.from} ${fault.message}`}>
                {fault.message.charAt(0).toUpperCase()}
                {fault.message.slice(1)}.{' '}
                {fault.suggestion !== undefined && (
                  <button
                    type="button"
                    class="plain"
                    onClick={() => {
                      const next = withSuggestion(text, fault)
                      setText(next)
                      if (parseTraceQuery(next).faults.length === 0) submit(next)
                    }}
                  >
                    Did you mean {fault.suggestion}?
                  </button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </form>
  )
}

/** The query with its wrong parts underlined. */
function Marked({ text, faults }: { text: string; faults: readonly Fault[] }) {
  const sorted = faults.toSorted((a, b) => a.from - b.from)
  let at = 0
  return (
    <code class="marked">
      {sorted.map((fault) => {
        const before = text.slice(at, fault.from)
        at = Math.max(at, fault.to)
        return (
          <span key={fault.from}>
            {before}
            <mark>{text.slice(fault.from, fault.to) || ' '}</mark>
          </span>
        )
      })}
      {text.slice(at)}
    </code>
  )
}

const OPERATORS: readonly (readonly [string, string])[] = [
  ['task:simple_qa', 'is'],
  ['-task:simple_qa', 'is not; also what is unknown'],
  ['task:(simple_qa,general)', 'one of'],
  ['target:gpt-*', 'begins with'],
  ['cost>$0.05', 'more than; also >= < <='],
  ['duration:2s..10s', 'from … to'],
  ['user:"Ann Lee"', 'with blanks in it'],
]

function Language() {
  return (
    <div class="language">
      <p>Terms apart by blanks must all hold. Times are chosen above, not in the query.</p>
      <dl>
        {OPERATORS.map(([example, meaning]) => (
          <div key={example}>
            <dt>
              <code>{example}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <h3>Fields</h3>
      <dl>
        {Object.entries(FIELDS).map(([name, field]) => (
          <div key={name}>
            <dt>
              <code>{field.example}</code>
            </dt>
            <dd>{field.meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
