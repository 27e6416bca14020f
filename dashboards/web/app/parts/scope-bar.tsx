// The head of a page: what it is called, what it answers, and the scope: side, window, tasks, targets. All of it is the address.
import type { ComponentChildren } from 'preact'
import { RANGES, type Frame, type NamesAnswer, type Range } from '../../api/scope.ts'
import { type Address, changed, type Go, writeAddress } from '../address.ts'
import { moment } from '../format.ts'
import { Menu } from './menu.tsx'
import { CopyButton } from './pieces.tsx'

export type Around = { readonly address: Address; readonly go: Go; readonly names: NamesAnswer | undefined }

type Props = Around & {
  readonly title: string
  readonly says: ComponentChildren
  /** The frame of the figures shown; `undefined` while they are not there yet. */
  readonly frame: Frame | undefined
  /** Which controls the page heeds. */
  readonly heeds?: { readonly window?: boolean; readonly tasks?: boolean; readonly targets?: boolean }
  readonly children?: ComponentChildren
}

/** Title and scope over a page. */
export function PageHead({ title, says, address, go, names, frame, heeds = {}, children }: Props) {
  const { window: withWindow = true, tasks = true, targets = true } = heeds
  const shown = frame ?? names?.frame
  return (
    <header class="page-head">
      <div>
        <h1>{title}</h1>
        <p class="says">{says}</p>
      </div>
      <div class="scope" role="group" aria-label="What is shown">
        <SideSwitch simulated={address.scope.simulated ?? shown?.simulated} has={names?.has} choose={(simulated) => go({ scope: { simulated, tasks: [], targets: [] } })} />
        {withWindow && <WindowChoices address={address} go={go} frame={shown} />}
        {tasks && names !== undefined && <Narrow what="task" all={names.tasks} chosen={address.scope.tasks} choose={(chosen) => go({ scope: { tasks: chosen } })} />}
        {targets && names !== undefined && <Narrow what="target" all={names.targets} chosen={address.scope.targets} choose={(chosen) => go({ scope: { targets: chosen } })} />}
        {children}
        {withWindow && shown !== undefined && (
          <CopyButton
            plain={false}
            face="Share"
            label="Share: copy a link to exactly this view, its window fixed"
            text={() => new URL(writeAddress(changed(address, { scope: { simulated: shown.simulated, window: { kind: 'between', fromMs: shown.fromMs, toMs: shown.toMs } } })), window.location.href).href}
          />
        )}
      </div>
    </header>
  )
}

function SideSwitch({ simulated, has, choose }: { simulated: boolean | undefined; has: NamesAnswer['has'] | undefined; choose: (simulated: boolean) => void }) {
  const hint = (there: boolean | undefined): string => (there === false ? 'no calls in the last 30 days' : 'show only these')
  return (
    <div class="segments data" role="group" aria-label="Which data is shown">
      <button type="button" class="simulated" aria-pressed={simulated === true} title={hint(has?.simulated)} onClick={() => choose(true)}>
        Simulated
      </button>
      <button type="button" class="real" aria-pressed={simulated === false} title={hint(has?.real)} onClick={() => choose(false)}>
        Real
      </button>
    </div>
  )
}

function WindowChoices({ address, go, frame }: { address: Address; go: Go; frame: Frame | undefined }) {
  const fixed = address.scope.window?.kind === 'between' ? address.scope.window : undefined
  const current = fixed === undefined ? (address.scope.window?.kind === 'last' ? address.scope.window.range : (frame?.range ?? undefined)) : undefined
  return (
    <>
      <div class="segments" role="group" aria-label="Time range">
        {/* The keys of the table are its only members. */}
        {(Object.keys(RANGES) as Range[]).map((range) => (
          <button key={range} type="button" aria-pressed={current === range} title={`the last ${RANGES[range].label}`} onClick={() => go({ scope: { window: { kind: 'last', range } } })}>
            {range}
          </button>
        ))}
      </div>
      <Menu label={fixed === undefined ? 'Between: choose from when to when' : `${spoken(fixed)}; change it`} marked={fixed !== undefined} face={fixed === undefined ? 'Between' : spoken(fixed)}>
        <Between fromMs={fixed?.fromMs ?? frame?.fromMs} toMs={fixed?.toMs ?? frame?.toMs} go={go} />
      </Menu>
    </>
  )
}

function Between({ fromMs, toMs, go }: { fromMs: number | undefined; toMs: number | undefined; go: Go }) {
  return (
    <form
      class="between"
      onSubmit={(event) => {
        event.preventDefault()
        if (!(event.currentTarget instanceof HTMLFormElement)) return
        const form = new FormData(event.currentTarget)
        const [from, to] = [Date.parse(String(form.get('from'))), Date.parse(String(form.get('to')))]
        if (from < to) go({ scope: { window: { kind: 'between', fromMs: from, toMs: to } } })
        event.currentTarget.closest('details')?.removeAttribute('open')
      }}
    >
      <label>
        From <input type="datetime-local" name="from" required value={local(fromMs)} />
      </label>
      <label>
        To, not included <input type="datetime-local" name="to" required value={local(toMs)} />
      </label>
      <button type="submit" class="strong">
        Show
      </button>
    </form>
  )
}

function Narrow({ what, all, chosen, choose }: { what: string; all: readonly string[]; chosen: readonly string[]; choose: (chosen: string[]) => void }) {
  const listed = [...new Set([...all, ...chosen])].toSorted()
  if (listed.length === 0) return null
  const face = chosen.length === 0 ? `All ${what}s` : chosen.length === 1 ? chosen[0] : `${chosen.length} ${what}s`
  return (
    <Menu label={`${chosen.length === 0 ? `All ${what}s` : `Only ${chosen.join(', ')}`}; narrow`} marked={chosen.length > 0} face={face}>
      <fieldset class="narrow">
        <legend class="hidden">Only these {what}s</legend>
        {listed.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={(event) => choose(event.currentTarget.checked ? [...chosen, name].toSorted() : chosen.filter((other) => other !== name))} />
            {name}
          </label>
        ))}
        {chosen.length > 0 && (
          <button type="button" class="plain" onClick={() => choose([])}>
            All of them
          </button>
        )}
      </fieldset>
    </Menu>
  )
}

/** A moment as the input of the browser takes it: local time, to the minute. */
function local(ms: number | undefined): string {
  if (ms === undefined) return ''
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function spoken({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  return `${moment(fromMs, toMs)} – ${moment(toMs, fromMs)}`
}
