// Small pieces that every page uses: a titled panel, notices for errors, emptiness and waiting, copy buttons, scrolling tables.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type PageError, rememberKey } from '../client.ts'
import type { Live } from '../live.ts'

type PanelProps = { readonly title: string; readonly note?: ComponentChildren; readonly more?: ComponentChildren; readonly class?: string; readonly id?: string; readonly children: ComponentChildren }

/** A section under a line. */
export function Panel({ title, note, more, class: extra, id, children }: PanelProps) {
  return (
    <section class={extra === undefined ? 'panel' : `panel ${extra}`} aria-label={title} {...(id === undefined ? {} : { id })}>
      <div class="head">
        <h2>{title}</h2>
        {note !== undefined && <p class="note">{note}</p>}
        {more !== undefined && <span class="more">{more}</span>}
      </div>
      {children}
    </section>
  )
}

/** What went wrong and what to do; asks for a key where one would help. */
export function Trouble({ error, doing, retry }: { error: PageError; doing: string; retry?: (() => void) | undefined }) {
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{doing}</strong> {error.message}
      </p>
      <p>
        {error.remedy} <code>{error.code}</code>
      </p>
      {error.needsKey && <KeyForm retry={retry} />}
      {!error.needsKey && retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

function KeyForm({ retry }: { retry: (() => void) | undefined }) {
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault()
        if (!(event.currentTarget instanceof HTMLFormElement)) return
        rememberKey(String(new FormData(event.currentTarget).get('key') ?? ''))
        retry?.()
      }}
    >
      <label>
        Key with the scope read (admin to change anything)
        <input name="key" type="password" autocomplete="off" required />
      </label>
      <button type="submit" class="strong">
        Use it in this tab
      </button>
    </form>
  )
}

/** A place where nothing is yet, and how something gets there. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{children}</p>
    </div>
  )
}

/** The shape of what is being read. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="loading" role="status">
      <span>{what}</span>
      <i />
      <i />
    </div>
  )
}

/** What an answer comes to: its waiting, its trouble, or its figures with trouble above them when the newest refresh failed. */
export function Shown<T>({ live, what, children }: { live: Live<T>; what: string; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {live.error !== undefined && <Trouble error={live.error} doing={live.data === undefined ? `${what} could not be read.` : 'The newest refresh failed; older figures are shown.'} retry={live.reload} />}
      {live.data === undefined && live.error === undefined && <Loading what={`Reading ${what.charAt(0).toLowerCase()}${what.slice(1)}…`} />}
      {live.data !== undefined && children(live.data)}
    </>
  )
}

/** An id with a button that copies it. */
export function CopyId({ label, value }: { label: string; value: string }) {
  return (
    <span class="copy">
      <code>{value}</code>
      <CopyButton label={`Copy the ${label}`} text={() => value} />
    </span>
  )
}

/** A button that copies a text and says so. */
export function CopyButton({ label, text, face = 'copy', plain = true }: { label: string; text: () => string; face?: string; plain?: boolean }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text())
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <button type="button" class={plain ? 'plain' : undefined} aria-label={label} title={label} onClick={() => void copy()}>
      {copied ? 'copied' : face}
    </button>
  )
}

/** A table that is wider than a narrow window scrolls by itself, and can be scrolled by keyboard then. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null)
  const [wide, setWide] = useState(false)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const look = (): void => setWide(element.scrollWidth > element.clientWidth + 1)
    const observer = new ResizeObserver(look)
    observer.observe(element)
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild)
    look()
    return () => observer.disconnect()
  }, [])
  return (
    <div class="scroll" ref={box} {...(wide ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}>
      {children}
    </div>
  )
}

/** One headline figure. */
export function Figure({ name, value, tone, children }: { name: string; value: string; tone?: 'bad' | 'warn' | undefined; children?: ComponentChildren }) {
  return (
    <div class={tone === undefined ? 'figure' : `figure ${tone}`}>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      {children !== undefined && <dd class="sub">{children}</dd>}
    </div>
  )
}

/** Buttons of which one is pressed. */
export function Choice<T extends string>({ label, choices, chosen, choose, kind = 'chips' }: { label: string; choices: readonly { readonly value: T; readonly name: string; readonly title?: string }[]; chosen: T; choose: (value: T) => void; kind?: 'chips' | 'segments' }) {
  return (
    <div class={kind} role="group" aria-label={label}>
      {choices.map(({ value, name, title }) => (
        <button key={value} type="button" aria-pressed={value === chosen} title={title} onClick={() => choose(value)}>
          {name}
        </button>
      ))}
    </div>
  )
}
