// What surrounds every page: the bar with the sections and the search, the band that says which side of the simulated/real divide is
// shown, and whether the figures are fresh.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { NamesAnswer } from '../../api/scope.ts'
import type { Address, Go, PageName } from '../address.ts'
import { ago } from '../format.ts'
import type { Report } from '../live.ts'
import { applyTheme, readTheme, THEMES, type Theme } from '../theme.ts'
import { Find } from './find.tsx'
import { Link } from './link.tsx'

const SECTIONS: readonly { readonly page: PageName; readonly name: string }[] = [
  { page: 'overview', name: 'Overview' },
  { page: 'spend', name: 'Spend' },
  { page: 'quality', name: 'Quality' },
  { page: 'routes', name: 'Routes' },
  { page: 'bill', name: 'Bill' },
  { page: 'evals', name: 'Evals' },
  { page: 'traces', name: 'Traces' },
]

type Props = { readonly address: Address; readonly go: Go; readonly simulated: boolean | undefined; readonly has: NamesAnswer['has'] | undefined; readonly report: Report; readonly children: ComponentChildren }

export function Shell({ address, go, simulated, has, report, children }: Props) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the figures
      </a>
      <header class="bar">
        <Link class="mark" to={{ page: 'overview', id: '', own: {} }}>
          <Mark />
          Weighbridge
        </Link>
        <nav class="sections" aria-label="Pages">
          {SECTIONS.map(({ page, name }) => (
            <Link key={page} to={{ page, id: '', own: {} }} current={page === (address.page === 'trace' ? 'traces' : address.page)}>
              {name}
            </Link>
          ))}
        </nav>
        <span class="grow" />
        <Freshness report={report} />
        <Find address={address} go={go} />
        <ThemeButton />
      </header>
      {simulated === true && (
        <div class="band" role="status">
          <strong>Simulated</strong>
          <span>Scripted providers, not real models: never evidence for a real one.</span>
          {has?.real === true && (
            <button type="button" class="plain" onClick={() => go({ scope: { simulated: false }, ...(address.page === 'trace' ? { page: 'traces' as const } : {}) })}>
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

function Mark() {
  return (
    <svg viewBox="0 0 30 22" width="30" height="22" aria-hidden="true">
      <path d="M2 8h26M5 8V5M9 8V6M13 8V3.5M17 8V3.5M21 8V6M25 8V5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
      <path d="M15 10.5l6 9.5H9z" fill="var(--brass-mark)" />
    </svg>
  )
}

function Freshness({ report }: { report: Report }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  if (report.at === undefined) return null
  return (
    <span class={report.stale ? 'fresh stale' : 'fresh'} title={report.stale ? 'The newest refresh failed' : 'Refreshes by itself while this page is visible'}>
      <i aria-hidden="true" />
      {report.stale ? 'stale, ' : ''}
      {ago(Date.now() - report.at)}
    </span>
  )
}

const FACES: Readonly<Record<Theme, string>> = { system: '◐', light: '○', dark: '●' }

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(readTheme)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
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
      {FACES[theme]}
    </button>
  )
}
