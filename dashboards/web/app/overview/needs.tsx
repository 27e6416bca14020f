// The list of what needs a person, at the top of the overview: the worst first, each with where to go.
import { useState } from 'preact/hooks'
import { Link } from '../parts/link.tsx'
import type { Attention } from './attention.ts'

const SHOWN = 5
const MARKS = { bad: '✕', warn: '!', note: '→' } as const
const WORDS = { bad: 'Serious', warn: 'Warning', note: 'Note' } as const

export function Needs({ items, known }: { items: readonly Attention[]; known: boolean }) {
  const [all, setAll] = useState(false)
  const shown = all ? items : items.slice(0, SHOWN)
  return (
    <section class="needs" aria-label="What needs a person">
      {items.length === 0 ? (
        <p class="calm">
          <i aria-hidden="true">✓</i> {known ? 'Nothing needs a person.' : 'The figures are in order; how the router stands is not known here.'}
        </p>
      ) : (
        <ul>
          {shown.map((item) => (
            <li key={item.text} class={item.tone}>
              <i aria-hidden="true">{MARKS[item.tone]}</i>
              <span>
                <span class="hidden">{WORDS[item.tone]}: </span>
                {item.text} <Link to={item.to}>{item.action}</Link>
              </span>
            </li>
          ))}
          {items.length > SHOWN && (
            <li class="more">
              <button type="button" class="plain" onClick={() => setAll(!all)}>
                {all ? 'Fewer' : `${items.length - SHOWN} more`}
              </button>
            </li>
          )}
        </ul>
      )}
    </section>
  )
}
