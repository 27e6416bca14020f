// What surrounds every page: the bar with the mark, the data switch, the range, the search box and the theme, and the band
// that says which side of the simulated/real divide is shown.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { RANGES, type FindAnswer, type Range } from '../../api.ts'
import { type Address, writeAddress } from '../address.ts'
import { getJson, PageError } from '../client.ts'
import { ago } from '../format.ts'
import { applyTheme, readTheme, THEMES, type Theme } from '../theme.ts'

export type Go = (change: Partial<Address>) => void

type ShellProps = {
  readonly address: Address
  readonly go: Go
  /** The side shown; `undefined` while unknown. */
  /** The range shown where the address names none. */
  readonly range?: Range | undefined
  readonly simulated: boolean | undefined
  /** Which sides hold data; `undefined` while unknown. */
  readonly has?: { readonly simulated: boolean; readonly real: boolean } | undefined
  /** When the figures came, ms since the epoch. */
  readonly at?: number | undefined
  readonly stale?: boolean
  readonly children: ComponentChildren
}

export function Shell({ address, go, range, simulated, has, at, stale, children }: ShellProps) {
  const onTrace = address.traceId !== undefined
  return (
    <>
      <a class="skip" href="#main">
        Skip to the figures
      </a>
      <header class="bar">
        <a class="mark" href={writeAddress({ ...address, traceId: undefined })} onClick={(event) => follow(event, () => go({ traceId: undefined }))}>
          <Mark />
          Weighbridge
        </a>
        <DataSwitch simulated={simulated} has={has} choose={(side) => go({ simulated: side, ...(onTrace ? { traceId: undefined } : {}) })} />
        {!onTrace && (
          <div class="segments" role="group" aria-label="Time range">
            {/* The keys of the table are its only members. */}
            {(Object.keys(RANGES) as Range[]).map((choice) => (
              <button type="button" aria-pressed={(address.range ?? range) === choice} onClick={() => go({ range: choice })}>
                {choice}
              </button>
            ))}
          </div>
        )}
        <FindTrace address={address} go={go} />
        <span class="grow" />
        <Freshness at={at} stale={stale === true} />
        <ThemeButton />
      </header>
      {simulated === true && (
        <div class="band" role="status">
          <strong>Simulated</strong>
          <span>Every figure here comes from scripted providers, not from real models. It never counts as evidence for a real one.</span>
          {has?.real === true && (
            <button type="button" class="plain" onClick={() => go({ simulated: false, ...(onTrace ? { traceId: undefined } : {}) })}>
              Show real calls
            </button>
          )}
        </div>
      )}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}

/** Lets a plain click move within the page and leaves every other kind to the browser. */
export function follow(event: MouseEvent, move: () => void): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  move()
}

function Mark() {
  return (
    <svg viewBox="0 0 30 22" width="30" height="22" aria-hidden="true">
      <path d="M2 8h26M5 8V5M9 8V6M13 8V3.5M17 8V3.5M21 8V6M25 8V5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
      <path d="M15 10.5l6 9.5H9z" fill="var(--brass)" />
    </svg>
  )
}

function DataSwitch({ simulated, has, choose }: { simulated: boolean | undefined; has: ShellProps['has']; choose: (simulated: boolean) => void }) {
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

function FindTrace({ address, go }: { address: Address; go: Go }) {
  const [problem, setProblem] = useState<string>()
  const find = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = event.currentTarget
    const id = String(new FormData(form).get('id') ?? '').trim()
    if (id === '') return
    try {
      const side = address.simulated === undefined ? '' : `&simulated=${address.simulated ? 1 : 0}`
      const { trace_ids } = await getJson<FindAnswer>(`/api/ui/find?id=${encodeURIComponent(id)}${side}`)
      setProblem(undefined)
      form.reset()
      go({ traceId: trace_ids[0] })
    } catch (thrown) {
      setProblem(thrown instanceof PageError ? `${thrown.message} ${thrown.remedy}` : String(thrown))
    }
  }
  return (
    <form class="find" role="search" onSubmit={(event) => void find(event)}>
      <input name="id" type="search" aria-label="Find a trace by trace, response or request id" placeholder="Find trace: any id" autocomplete="off" spellcheck={false} onInput={() => setProblem(undefined)} />
      {problem !== undefined && (
        <p class="pop" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}

function Freshness({ at, stale }: { at: number | undefined; stale: boolean }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  if (at === undefined) return null
  return (
    <span class={stale ? 'fresh stale' : 'fresh'} title={stale ? 'The newest refresh failed' : 'Refreshes by itself while this page is visible'}>
      <i aria-hidden="true" />
      {ago(Date.now() - at)}
    </span>
  )
}

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(readTheme)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const face = { system: '◐', light: '○', dark: '●' }[theme]
  return (
    <button
      type="button"
      class="icon"
      title={`Theme: ${theme}; change to ${next}`}
      aria-label={`Theme: ${theme}; change to ${next}`}
      onClick={() => {
        applyTheme(next)
        setTheme(next)
      }}
    >
      {face}
    </button>
  )
}
