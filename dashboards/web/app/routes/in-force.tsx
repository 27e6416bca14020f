// What is in force: per task the weights beside what the config says, and the evidence behind every target, with how it stands now.
import type { OperationsDocument } from '../../../../core/operations.ts'
import type { Evidence, Recommendation, RoutesAnswer, RouteTask } from '../../api/routes.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, duration, moment, percent, usd, usdInterval } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { WeightBar } from '../parts/weight-bar.tsx'
import { TargetName, useColour } from '../targets.tsx'
import { orderOf } from './state.ts'
import { standing } from './standing.tsx'
import { Tradeoffs } from './tradeoff.tsx'

type Props = { readonly routes: RoutesAnswer; readonly tasks: readonly RouteTask[]; readonly recommendation: Recommendation | undefined; readonly operations: OperationsDocument | undefined; readonly simulated: boolean }

export function InForce({ routes, tasks, recommendation, operations, simulated }: Props) {
  if (tasks.length === 0) {
    return (
      <Empty title={`No task uses ${simulated ? 'simulated' : 'real'} targets.`}>
        Tasks come from <code>weighbridge.yaml</code>; <code>weighbridge init</code> writes five to start with.
      </Empty>
    )
  }
  const order = orderOf(tasks, [])
  const weighed = new Map((recommendation?.tasks ?? []).map((task) => [task.task, task]))
  return (
    <>
      <p class="says-source">{sourceNote(routes, tasks)}</p>
      {tasks.map((task) => (
        <TaskPanel key={task.task} task={task} order={order} version={routes.current?.version} advice={weighed.get(task.task)} operations={operations} />
      ))}
      <Tradeoffs tasks={tasks} recommendation={recommendation} />
    </>
  )
}

function TaskPanel({ task, order, version, advice, operations }: { task: RouteTask; order: readonly string[]; version: number | undefined; advice: Recommendation['tasks'][number] | undefined; operations: OperationsDocument | undefined }) {
  const moved = task.source === 'table' && order.some((name) => Math.abs((task.weights[name] ?? 0) - (task.configured[name] ?? 0)) > 0.004)
  const evidence = evidenceOf(task, advice)
  const shares = operations?.tasks.find((one) => one.task === task.task)?.shares
  return (
    <Panel
      title={task.task}
      class="task-panel"
      note={
        <>
          <span class={task.source === 'table' ? 'badge strong' : 'badge'}>{task.source === 'table' ? `table v${version ?? '?'}` : 'config'}</span>
          {task.canary != null && <span class="badge warn">canary {percent(task.canary.share)}</span>}
          {task.frozen != null && <span class="badge warn">frozen until {moment(Date.parse(task.frozen.until), Date.now())}</span>}
          {task.note !== null && <span class="warn">{task.note}</span>}
          {evidence.isNewer && <span>evidence as weighed for the recommendation that waits</span>}
        </>
      }
      more={advice?.verdict === 'move' ? <Link to={{ own: { view: 'recommendation' } }}>A move is recommended</Link> : undefined}
    >
      <div class="bars">
        <WeightBar shares={task.weights} order={order} kind="full" label="in force" />
        {moved && <WeightBar shares={task.configured} order={order} kind="thin" label="as configured" />}
        {advice?.verdict === 'move' && <WeightBar shares={advice.after} order={order} kind="proposed" label="recommended" />}
      </div>
      <p class="labels note">
        {moved && <span>thin: as configured</span>}
        {advice?.verdict === 'move' && <span>hatched: recommended</span>}
      </p>
      <EvidenceTable task={task} order={order} evidence={evidence.by} shares={shares} operations={operations} />
    </Panel>
  )
}

/** The pending recommendation has weighed the newest evidence; without one, what the table in force was made from. */
function evidenceOf(task: RouteTask, advice: Recommendation['tasks'][number] | undefined): { readonly by: Readonly<Record<string, Evidence>>; readonly isNewer: boolean } {
  const weighed = Object.fromEntries((advice?.targets ?? []).map((target) => [target.target, target]))
  return Object.keys(weighed).length > 0 ? { by: weighed, isNewer: true } : { by: task.evidence, isNewer: false }
}

type TableProps = { readonly task: RouteTask; readonly order: readonly string[]; readonly evidence: Readonly<Record<string, Evidence>>; readonly shares: Readonly<Record<string, number>> | undefined; readonly operations: OperationsDocument | undefined }

function EvidenceTable({ task, order, evidence, shares, operations }: TableProps) {
  const colour = useColour()
  const names = order.filter((name) => Object.hasOwn(task.weights, name) || Object.hasOwn(task.configured, name))
  const known = names.some((name) => evidence[name] !== undefined)
  return (
    <Scroll label={`Evidence for ${task.task}`}>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col" class="n">Weight</th>
            <th scope="col" class="n">Now</th>
            <th scope="col">Quality</th>
            <th scope="col">Hallucination</th>
            <th scope="col" class="n">Cost per call</th>
            <th scope="col" class="n">p95</th>
            <th scope="col" class="n">Errors</th>
            <th scope="col" class="n">Rests on</th>
            <th scope="col">Stands</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const e = evidence[name]
            const out = task.excluded[name]
            return (
              <tr key={name}>
                <th scope="row">
                  <TargetName name={name} faded={(task.weights[name] ?? 0) === 0} />
                </th>
                <td class="n">{percent(task.weights[name] ?? 0)}</td>
                <td class="n">{shares === undefined ? '–' : percent(shares[name] ?? 0)}</td>
                <td class="rule-cell">
                  <DotRule measured={e?.quality ?? undefined} colour={colour(name)} showN={false} fewest={0} none="no evidence" />
                </td>
                <td class="rule-cell">
                  <DotRule measured={e?.hallucination_rate ?? undefined} colour={colour(name)} showN={false} fewest={0} none="no evidence" />
                </td>
                <td class="n" title={usdInterval(e?.cost_per_call_usd)}>
                  {usd(e?.cost_per_call_usd?.value)}
                </td>
                <td class="n">{duration(e?.latency_p95_ms)}</td>
                <td class="n">{percent(e?.error_rate?.value)}</td>
                <td class="n">{e === undefined ? '–' : `${count(e.evals ?? 0)} evals, ${count(e.calls ?? 0)} calls`}</td>
                <td>
                  {standing(operations, name)}
                  {out !== undefined && <span class="warn"> out of the draw: {out}</span>}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {!known && <p class="note">No eval evidence: this task keeps its configured weights until a suite informs it.</p>}
    </Scroll>
  )
}

function sourceNote(routes: RoutesAnswer, tasks: readonly RouteTask[]): string {
  const fromTable = tasks.filter((task) => task.source === 'table').length
  // The version in force may be about the other side of the divide alone.
  if (routes.current === null) return 'No version has been published yet: every task runs on the weights a person wrote in the config.'
  if (fromTable === 0) return 'No published version applies to these tasks: they run on their configured weights.'
  return `Version ${routes.current.version} by ${routes.current.author}; ${fromTable} of ${tasks.length} tasks follow it, the others their config.`
}
