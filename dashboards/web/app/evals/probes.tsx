// Every probe of a run as a matrix of targets: who got it right, where targets differ, what changed since the run beside it. A probe opens to
// its answers side by side.
import { useMemo } from 'preact/hooks'
import type { RunAnswer, RunProbe } from '../../api/evals.ts'
import { type Address, type Go, setting } from '../address.ts'
import { count, spoken } from '../format.ts'
import { Choice, Panel } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'
import { useWindow } from '../trace/use-window.ts'
import { Answers } from './answers.tsx'
import { verdicts } from './changes.ts'

const SHOWS = ['differ', 'changed', 'wrong', 'unscored', 'all'] as const
type Show = (typeof SHOWS)[number]
const NAMES: Readonly<Record<Show, string>> = { differ: 'Targets differ', changed: 'Changed since', wrong: 'Somebody wrong', unscored: 'Without a grade', all: 'All' }
const ROW_PX = 34

export function Probes({ data, address, go }: { data: RunAnswer; address: Address; go: Go }) {
  const show = setting(address, 'show', SHOWS)
  const targets = useMemo(() => [...new Set(data.probes.flatMap((probe) => probe.targets))].toSorted(), [data])
  const before = useMemo(() => new Map((data.against?.probes ?? []).map((probe) => [idOf(probe), verdicts(probe)])), [data])
  const rows = useMemo(() => data.probes.filter((probe) => isShown(probe, show, before)), [data, show, before])
  const chosen = data.probes.find((probe) => probe.suite === address.own['suite'] && probe.probe_id === address.own['probe'])
  const seen = useWindow(rows.length, ROW_PX)
  return (
    <>
      {chosen !== undefined && <Answers key={idOf(chosen)} run={data.run_id} simulated={data.simulated} probe={chosen} close={() => go({ own: { suite: '', probe: '' } })} />}
      <Panel
        title="Probes"
        note={`${count(rows.length)} of ${data.truncated ? 'the first ' : ''}${count(data.probes.length)}; ● right, ◐ partly, ○ wrong, × without a grade${data.against === null ? '' : `; a line under it: other than in ${data.against.run_id}`}`}
        more={<Choice label="Which probes" choices={SHOWS.filter((value) => value !== 'changed' || data.against !== null).map((value) => ({ value, name: NAMES[value] }))} chosen={show} choose={(value) => go({ own: { show: value === 'differ' ? '' : value } })} />}
      >
        {data.truncated && <p class="notice warn">This run has more probes than are shown; those on which targets differ most come first.</p>}
        {rows.length === 0 ? (
          <p class="note">No probe is like that.</p>
        ) : (
          <div class="matrix" style={{ '--targets': targets.length }}>
            <div class="matrix-heads" aria-hidden="true">
              <span>Probe</span>
              <span>Suite, domain</span>
              {targets.map((target) => (
                <span key={target} title={target}>
                  <TargetName name={target} />
                </span>
              ))}
            </div>
            <div class={rows.length > 16 ? 'matrix-rows long' : 'matrix-rows'} ref={seen.box} onScroll={seen.onScroll}>
              <ol style={{ height: `${rows.length * ROW_PX}px` }} aria-label={`${count(rows.length)} probes`}>
                {rows.slice(seen.from, seen.to).map((probe, i) => (
                  <li key={idOf(probe)} style={{ top: `${(seen.from + i) * ROW_PX}px` }} aria-setsize={rows.length} aria-posinset={seen.from + i + 1} class={probe === chosen ? 'chosen' : undefined}>
                    <button type="button" aria-pressed={probe === chosen} onClick={() => go({ own: { suite: probe.suite, probe: probe.probe_id } })}>
                      <span>{probe.probe_id}</span>
                      <small>
                        {probe.suite}, {probe.domain || probe.probe_kind}
                      </small>
                      <Marks probe={probe} targets={targets} before={before.get(idOf(probe))} />
                    </button>
                  </li>
                ))}
              </ol>
            </div>
          </div>
        )}
      </Panel>
    </>
  )
}

function Marks({ probe, targets, before }: { probe: RunProbe; targets: readonly string[]; before: ReturnType<typeof verdicts> | undefined }) {
  const now = verdicts(probe)
  return (
    <>
      {targets.map((target) => {
        const one = now.get(target)
        if (one === undefined) return <span key={target} class="mark-of none" title={`${target}: not asked`} />
        const was = before?.get(target)
        const isOther = was !== undefined && was.score >= 0 && one.score >= 0 && was.score !== one.score
        const face = one.score < 0 ? '×' : one.score >= 0.99 ? '●' : one.score > 0.01 ? '◐' : '○'
        const kind = one.score < 0 ? 'ungraded' : one.score >= 0.99 ? 'right' : one.score > 0.01 ? 'partly' : 'wrong'
        const words = `${target}: ${spoken(one.label)}${isOther ? `, before ${spoken(was.label)}` : ''}`
        return (
          <span key={target} class={`mark-of ${kind}${isOther ? ' other' : ''}`} title={words}>
            <span aria-hidden="true">{face}</span>
            <span class="hidden">{words}; </span>
          </span>
        )
      })}
    </>
  )
}

function isShown(probe: RunProbe, show: Show, before: ReadonlyMap<string, ReturnType<typeof verdicts>>): boolean {
  if (show === 'all') return true
  if (show === 'differ') return probe.spread > 0
  if (show === 'wrong') return probe.scores.some((score) => score >= 0 && score <= 0.01)
  if (show === 'unscored') return probe.scores.some((score) => score < 0)
  const was = before.get(idOf(probe))
  return was !== undefined && [...verdicts(probe)].some(([target, now]) => (was.get(target)?.score ?? now.score) !== now.score)
}

function idOf({ suite, suite_hash, probe_id }: RunProbe): string {
  return `${suite}\u0000${suite_hash}\u0000${probe_id}`
}
