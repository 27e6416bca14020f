// How traffic is weighed: the weights in force per task beside what the config says, the recommendation that waits for a
// person, and the published versions.
import type { HistoryAnswer, RecommendationAnswer, RoutesAnswer, RouteVersion, WeightRow } from '../../api.ts'
import { PageError } from '../client.ts'
import type { Live } from '../live.ts'
import { Empty, Panel, Trouble, WeightBar } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'
import { History } from './history.tsx'
import { Recommend } from './recommend.tsx'

export type RoutesState = {
  readonly routes: RoutesAnswer
  readonly history: HistoryAnswer | PageError
  readonly recommendation: RecommendationAnswer | PageError
}

type Task = RoutesAnswer['tasks'][number]

export function Routing({ simulated, routes, stored }: { simulated: boolean; routes: Live<RoutesState>; stored: readonly WeightRow[] }) {
  const answer = routes.data
  const tasks = (answer?.routes.tasks ?? []).filter((task) => task.simulated === simulated)
  const versions = answer !== undefined && !(answer.history instanceof PageError) ? answer.history.versions.filter((v) => v.simulated === simulated) : storedVersions(stored, simulated)
  const waiting = answer === undefined || answer.recommendation instanceof PageError ? null : answer.recommendation.recommendation
  const recommendation = waiting !== null && waiting.simulated === simulated ? waiting : null
  const order = orderOf(tasks, versions)
  return (
    <>
      <Panel title="Weights in force" note={sourceNote(answer?.routes, tasks)}>
        {routes.error !== undefined && (
          <Trouble error={withoutLearner(routes.error)} doing={answer === undefined ? 'The routes could not be read.' : 'The routes could not be refreshed; older ones are shown.'} retry={routes.reload} />
        )}
        {answer !== undefined && tasks.length === 0 && (
          <Empty title={`No task uses ${simulated ? 'simulated' : 'real'} targets.`}>
            Tasks come from <code>weighbridge.yaml</code>; <code>weighbridge init</code> writes five to start with.
          </Empty>
        )}
        {tasks.length > 0 && <Legend order={order} />}
        <div class="tasks">
          {tasks.map((task) => (
            <TaskWeights key={task.task} task={task} order={order} proposed={recommendation?.tasks.find((t) => t.task === task.task && t.verdict === 'move')?.after} version={answer?.routes.current?.version} />
          ))}
        </div>
      </Panel>
      <div class="columns even">
        <Recommend recommendation={recommendation} problem={answer?.recommendation instanceof PageError ? answer.recommendation : undefined} reachable={answer !== undefined} order={order} simulated={simulated} changed={routes.reload} />
        <History versions={versions} fromStore={answer === undefined || answer.history instanceof PageError} current={answer?.routes.current?.version} order={order} configured={Object.fromEntries(tasks.map((task) => [task.task, task.configured]))} changed={routes.reload} />
      </div>
    </>
  )
}

function TaskWeights({ task, order, proposed, version }: { task: Task; order: readonly string[]; proposed: Readonly<Record<string, number>> | undefined; version: number | undefined }) {
  const moved = task.source === 'table' && order.some((name) => Math.abs((task.weights[name] ?? 0) - (task.configured[name] ?? 0)) > 0.004)
  const excluded = Object.entries(task.excluded)
  return (
    <div class="task">
      <h3>{task.task}</h3>
      <div class="bars">
        <WeightBar shares={task.weights} order={order} kind="full" label="in force" />
        {moved && <WeightBar shares={task.configured} order={order} kind="thin" label="as configured" />}
        {proposed !== undefined && <WeightBar shares={proposed} order={order} kind="proposed" label="proposed" />}
      </div>
      <p class="labels">
        <span class={`badge ${task.source}`}>{task.source === 'table' ? `table v${version ?? '?'}` : 'config'}</span>
        {moved && <small>thin bar: as configured</small>}
        {proposed !== undefined && <small>hatched: proposed</small>}
        {task.note !== null && <small class="warn">{task.note}</small>}
        {excluded.map(([target, reason]) => (
          <small key={target} class="warn">
            {target} is out of the draw: {reason}
          </small>
        ))}
      </p>
    </div>
  )
}

// A router without the learner has no such route; its own remedy, to check the path, would mislead here.
function withoutLearner(error: PageError): PageError {
  return error.status === 404 ? new PageError(404, error.code, 'This router runs without the learner, so it cannot show or change weights.', 'Start `weighbridge up`, or open the pages of the router that runs with --primary.') : error
}

function Legend({ order }: { order: readonly string[] }) {
  return (
    <p class="legend">
      {order.map((name) => (
        <TargetName key={name} name={name} />
      ))}
    </p>
  )
}

function sourceNote(routes: RoutesAnswer | undefined, tasks: readonly Task[]): string | undefined {
  if (routes === undefined || tasks.length === 0) return undefined
  const fromTable = tasks.filter((task) => task.source === 'table').length
  // The version in force may be about the other side of the divide alone.
  if (routes.current !== null && fromTable === 0) return 'no published version applies to these tasks: they run on their configured weights'
  if (routes.current === null) return 'no version published yet: every task runs on its configured weights'
  return `version ${routes.current.version} by ${routes.current.author}; ${fromTable} of ${tasks.length} tasks follow it, the others their config`
}

function orderOf(tasks: readonly Task[], versions: readonly RouteVersion[]): string[] {
  const names = new Set<string>()
  for (const task of tasks) for (const name of [...Object.keys(task.weights), ...Object.keys(task.configured)]) names.add(name)
  for (const version of versions) for (const shares of Object.values(version.tasks)) for (const name of Object.keys(shares)) names.add(name)
  return [...names].toSorted()
}

// What the store keeps of published versions, in the admin route's shape.
function storedVersions(rows: readonly WeightRow[], simulated: boolean): RouteVersion[] {
  return [...Map.groupBy(rows, (row) => row.version)]
    .map(([version, of]) => ({
      version,
      parent: 0,
      hash: '',
      published_at: new Date(of[0]?.at ?? 0).toISOString(),
      action: '',
      rule: of[0]?.rule ?? '',
      author: of[0]?.author ?? '',
      simulated,
      tasks: Object.fromEntries([...Map.groupBy(of, (row) => row.task)].map(([task, shares]) => [task, Object.fromEntries(shares.map((s) => [s.target, s.weight]))])),
    }))
    .toSorted((a, b) => b.version - a.version)
}
