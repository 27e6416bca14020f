// Small pieces several panels use: a titled panel, notices for errors and emptiness, copy buttons, weight bars.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Shares } from '../../api.ts'
import { type PageError, rememberKey } from '../client.ts'
import { percent } from '../format.ts'
import { useColour } from '../targets.tsx'

type PanelProps = { readonly title: string; readonly note?: ComponentChildren; readonly class?: string; readonly children: ComponentChildren }

/** A section under a graduated rule. */
export function Panel({ title, note, class: extra, children }: PanelProps) {
  return (
    <section class={extra === undefined ? 'panel' : `panel ${extra}`} aria-label={title}>
      <div class="head">
        <h2>{title}</h2>
        {note !== undefined && <p class="note">{note}</p>}
      </div>
      {children}
    </section>
  )
}

/** What went wrong and what to do; asks for a key where one would help. */
export function Trouble({ error, doing, retry }: { error: PageError; doing: string; retry?: () => void }) {
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
        Key with the scope read (admin to apply)
        <input name="key" type="password" autocomplete="off" required />
      </label>
      <button type="submit">Use it in this tab</button>
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

/** An id with a button that copies it. */
export function CopyId({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <span class="copy">
      <code>{value}</code>
      <button type="button" class="plain" aria-label={`Copy the ${label}`} onClick={() => void copy()}>
        {copied ? 'copied' : 'copy'}
      </button>
    </span>
  )
}

/** Shares of a draw as one bar; segments wide enough carry their number. */
export function WeightBar({ shares, order, kind, label }: { shares: Shares; order: readonly string[]; kind: 'full' | 'thin' | 'mini' | 'proposed'; label: string }) {
  const colour = useColour()
  const shown = order.filter((target) => (shares[target] ?? 0) > 0)
  const words = shown.map((target) => `${target} ${percent(shares[target])}`).join(', ')
  return (
    <div class={`weights ${kind}`} role="img" aria-label={`${label}: ${words}`} title={`${label}: ${words}`}>
      {shown.map((target) => (
        <span key={target} style={{ width: `${(shares[target] ?? 0) * 100}%`, '--c': colour(target) }}>
          {(kind === 'full' || kind === 'proposed') && (shares[target] ?? 0) >= 0.07 && <b>{percent(shares[target])}</b>}
        </span>
      ))}
    </div>
  )
}
