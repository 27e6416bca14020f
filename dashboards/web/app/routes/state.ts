// What several panels make of the routes: the order of targets, versions as the store keeps them, and what a router without a learner
// means by its 404. Pure.
import type { RouteTask, RouteVersion } from '../../api/routes.ts'
import { PageError } from '../client.ts'

/** All targets that weights name, in the one order in which bars show them. */
export function orderOf(tasks: readonly RouteTask[], versions: readonly RouteVersion[]): string[] {
  const names = new Set<string>()
  for (const task of tasks) for (const name of [...Object.keys(task.weights), ...Object.keys(task.configured)]) names.add(name)
  for (const version of versions) for (const shares of Object.values(version.tasks)) for (const name of Object.keys(shares)) names.add(name)
  return [...names].toSorted()
}

/** A router without the learner has no such route; its own remedy, to check the path, would mislead here. */
export function withoutLearner(error: PageError): PageError {
  return error.status === 404 ? new PageError(404, error.code, 'This router runs without the learner, so it cannot show or change weights.', 'Start `weighbridge up`, or open the pages of the router that runs with --primary.') : error
}
