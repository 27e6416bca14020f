// What else could be chosen: the values of each facet with how many calls have them, under what the rest of the query asks. A click adds
// a value to the query or takes it out again.
import { asksFor } from '../../../../core/trace-language/edit.ts'
import type { Filter } from '../../../../core/trace-language/filter.ts'
import type { FacetField } from '../../../../store/queries/trace-search.ts'
import type { FacetsAnswer } from '../../api/traces.ts'
import type { PageError } from '../client.ts'
import { count, spoken } from '../format.ts'
import { Trouble } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

type Props = { readonly data: FacetsAnswer | undefined; readonly error: PageError | undefined; readonly filters: readonly Filter[]; readonly toggle: (field: FacetField, value: string) => void; readonly retry: () => void }

const TITLES: Readonly<Record<FacetField, string>> = { status: 'Ended', task: 'Task', target: 'Target', provider: 'Provider', error: 'Error', reason: 'Why there', attempts: 'Attempts', surface: 'API', key: 'Key', purpose: 'Purpose' }
const SHOWN = 8

export function FacetsPanel({ data, error, filters, toggle, retry }: Props) {
  if (data === undefined) return <aside class="facets">{error !== undefined && <Trouble error={error} doing="The counts could not be read." retry={retry} />}</aside>
  return (
    <aside class="facets" aria-label="Narrow the search">
      {data.facets.map(({ field, values }) => {
        const isChosen = (value: string): boolean => asksFor(filters, field, field === 'attempts' ? Number(value) : value)
        const named = values.filter(({ value }) => value !== '')
        // A facet with one value that nobody chose says nothing.
        if (named.length === 0 || (named.length === 1 && values.length === 1 && !isChosen(named[0]?.value ?? ''))) return null
        const most = Math.max(1, ...named.map(({ calls }) => calls))
        const shown = named.filter(({ value }, i) => i < SHOWN || isChosen(value))
        return (
          <fieldset key={field}>
            <legend>{TITLES[field]}</legend>
            {shown.map(({ value, calls }) => (
              <button key={value} type="button" aria-pressed={isChosen(value)} onClick={() => toggle(field, value)}>
                <i class="share-of" style={{ width: `${(calls / most) * 100}%` }} aria-hidden="true" />
                <span>{field === 'target' ? <TargetName name={value} /> : field === 'error' ? spoken(value) : value}</span>
                <b>{count(calls)}</b>
              </button>
            ))}
            {named.length > shown.length && <p class="note">and {named.length - shown.length} rarer ones</p>}
          </fieldset>
        )
      })}
    </aside>
  )
}
