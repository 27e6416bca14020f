// What a run came to: rates per suite and target with their intervals, and beside an earlier run how many probes got better and worse.
import type { RunAnswer, SuiteTarget } from '../../api/evals.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, duration, moment, spoken, usd } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'
import { changesBetween, mcnemar, type Changes } from './changes.ts'

const RATES = [
  { key: 'pushback', name: 'Pushback', better: 'higher is better' },
  { key: 'false_pushback', name: 'False pushback', better: 'lower is better' },
  { key: 'accuracy', name: 'Accuracy', better: 'higher is better' },
  { key: 'hallucination', name: 'Hallucination', better: 'lower is better' },
] as const
const SHOWN = 12

export function Summary({ data }: { data: RunAnswer }) {
  const changes = changesBetween(data)
  return (
    <>
      {[...Map.groupBy(data.summary, (row) => row.suite)].map(([suite, rows]) => (
        <Suite key={suite} suite={suite} rows={rows} />
      ))}
      <Beside data={data} changes={changes} />
    </>
  )
}

function Suite({ suite, rows }: { suite: string; rows: readonly SuiteTarget[] }) {
  const colour = useColour()
  const shown = RATES.filter(({ key }) => rows.some((row) => row[`${key}_rate`] !== null))
  return (
    <Panel title={suite} note="95% Wilson intervals; what has no grade is counted apart, never as wrong">
      <Scroll label={`Rates of ${suite}`}>
        <table class="evidence">
          <thead>
            <tr>
              <th scope="col">Target</th>
              {shown.map(({ key, name, better }) => (
                <th key={key} scope="col">
                  {name} <small>{better}</small>
                </th>
              ))}
              <th scope="col" class="n">Mean score</th>
              <th scope="col" class="n">Trials</th>
              <th scope="col" class="n">Unscored</th>
              <th scope="col" class="n">Cost each</th>
              <th scope="col" class="n">p50</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.target}>
                <th scope="row">
                  <TargetName name={row.target} />
                </th>
                {shown.map(({ key }) => (
                  <td key={key} class="rule-cell">
                    <DotRule measured={{ value: row[`${key}_rate`], low: row[`${key}_low`], high: row[`${key}_high`] }} colour={colour(row.target)} none={key === 'hallucination' ? 'too few' : 'not asked'} />
                  </td>
                ))}
                <td class="n">{row.score === null ? '–' : row.score.toFixed(2)}</td>
                <td class="n">{count(row.trials)}</td>
                <td class="n">{row.unscored === 0 ? '' : <span class="warn">{count(row.unscored)}</span>}</td>
                <td class="n">{usd(row.cost_usd)}</td>
                <td class="n">{duration(row.latency_p50_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function Beside({ data: { against }, changes }: { data: RunAnswer; changes: Changes }) {
  if (against === null) {
    return (
      <Panel title="Beside an earlier run">
        <Empty title="There is no other run of these suites.">A second run of the same suite version lies beside this one here, probe by probe.</Empty>
      </Panel>
    )
  }
  return (
    <Panel
      title="Beside an earlier run"
      note={
        <>
          against <Link to={{ page: 'evals', id: against.run_id, own: {} }}>{against.run_id}</Link> of {moment(against.last_at, Date.now())}; the same probes of the same suite version, graded in both
        </>
      }
    >
      {changes.others.length > 0 && <p class="notice warn">Not compared, since the suite has changed in between: {changes.others.join(', ')}.</p>}
      {changes.tallies.length === 0 ? (
        changes.others.length === 0 && <p class="note">No probe was asked of the same target in both.</p>
      ) : (
        <>
          <Scroll label="Better and worse by target">
            <table>
              <thead>
                <tr>
                  <th scope="col">Suite</th>
                  <th scope="col">Target</th>
                  <th scope="col" class="n">Probes in both</th>
                  <th scope="col" class="n">Better</th>
                  <th scope="col" class="n">Worse</th>
                  <th scope="col" class="course">
                    <span class="hidden">Drawn</span>
                  </th>
                  <th scope="col" class="n">Mean difference</th>
                  <th scope="col">Chance alone?</th>
                </tr>
              </thead>
              <tbody>
                {changes.tallies.map((row) => {
                  const p = mcnemar(row.better, row.worse)
                  return (
                    <tr key={`${row.suite} ${row.target}`}>
                      <td>{row.suite}</td>
                      <th scope="row">
                        <TargetName name={row.target} />
                      </th>
                      <td class="n">{count(row.common)}</td>
                      <td class="n">{count(row.better)}</td>
                      <td class="n">{count(row.worse)}</td>
                      <td class="course">
                        <span class="tug" aria-hidden="true">
                          <i class="worse" style={{ width: `${(row.worse / row.common) * 50}%` }} />
                          <i class="better" style={{ width: `${(row.better / row.common) * 50}%` }} />
                        </span>
                      </td>
                      <td class="n">{`${row.difference < 0 ? '−' : '+'}${Math.abs(row.difference).toFixed(3)}`}</td>
                      <td>
                        {p < 0.05 ? <span class={row.worse > row.better ? 'badge bad' : 'badge good'}>{row.worse > row.better ? 'worse' : 'better'}</span> : <span class="muted">may be chance</span>} <small>p {p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '')}</small>
                      </td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          </Scroll>
          <p class="note">McNemar’s exact test over the probes that changed. Several rows at once make a chance finding likelier.</p>
          {changes.moved.length > 0 && <Moved changes={changes} />}
        </>
      )}
    </Panel>
  )
}

function Moved({ changes: { moved } }: { changes: Changes }) {
  const worse = moved.filter((one) => one.difference < 0)
  const shown = (worse.length > 0 ? worse : moved).slice(0, SHOWN)
  return (
    <>
      <h3 class="moved-title">{worse.length > 0 ? `What got worse${worse.length > SHOWN ? `: the first ${SHOWN} of ${count(worse.length)}` : ''}` : 'What got better'}</h3>
      <ul class="moved-list">
        {shown.map((one) => (
          <li key={`${one.suite} ${one.probe} ${one.target}`}>
            <Link to={{ own: { view: 'probes', suite: one.suite, probe: one.probe, show: 'all' } }}>{one.probe}</Link> <TargetName name={one.target} />
            <span>
              {spoken(one.before)} <span class="arrow">→</span> <b class={one.difference < 0 ? 'err' : undefined}>{spoken(one.now)}</b>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
