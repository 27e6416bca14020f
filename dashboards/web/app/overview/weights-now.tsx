// Where each task's traffic goes now, and where a recommendation would send it.
import type { Recommendation, RoutesAnswer } from '../../api/routes.ts'
import type { Live } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Loading, Panel, Trouble } from '../parts/pieces.tsx'
import { Legend, WeightBar } from '../parts/weight-bar.tsx'
import { orderOf, withoutLearner } from '../routes/state.ts'

export function WeightsNow({ simulated, routes, recommendation }: { simulated: boolean; routes: Live<RoutesAnswer>; recommendation: Recommendation | undefined }) {
  const tasks = (routes.data?.tasks ?? []).filter((task) => task.simulated === simulated)
  const order = orderOf(tasks, [])
  const proposed = new Map((recommendation?.simulated === simulated ? recommendation.tasks : []).filter((task) => task.verdict === 'move').map((task) => [task.task, task.after]))
  return (
    <Panel title="Weights in force" note={proposed.size > 0 ? 'hatched: recommended, waits for a person' : undefined} more={<Link to={{ page: 'routes', own: {} }}>Routes</Link>}>
      {routes.error !== undefined && routes.data === undefined && <Trouble error={withoutLearner(routes.error)} doing="The routes could not be read." retry={routes.reload} />}
      {routes.data === undefined && routes.error === undefined && <Loading what="Reading the routes…" />}
      {routes.data !== undefined && tasks.length === 0 && <Empty title={`No task uses ${simulated ? 'simulated' : 'real'} targets.`}>Tasks come from weighbridge.yaml.</Empty>}
      <Legend names={order.filter((name) => tasks.some((task) => (task.weights[name] ?? 0) > 0) || [...proposed.values()].some((after) => (after[name] ?? 0) > 0))} />
      <ul class="weights-now">
        {tasks.map((task) => {
          const after = proposed.get(task.task)
          return (
            <li key={task.task}>
              <h3>{task.task}</h3>
              <div class="bars">
                <WeightBar shares={task.weights} order={order} kind="full" label={`${task.task} in force`} />
                {after !== undefined && <WeightBar shares={after} order={order} kind="proposed" label={`${task.task} recommended`} />}
              </div>
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
