// A process that publishes a number of versions against others: on a stale parent it reads the newest and tries again.
// Prints the versions it won.
import { sealRouteTable } from '../../../core/route-table.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { systemClock } from '../../../core/seams.ts'
import { openState } from '../../../store/state/state.ts'

const [path = '', author = '', count = '0'] = process.argv.slice(2)
const state = openState({ path, clock: systemClock })
let left = Number(count)
while (left > 0) {
  const parent = state.publications.current()?.table.version ?? 0
  const table = sealRouteTable({ schema: 1, version: parent + 1, parent, created_at: new Date().toISOString(), author, rule: 'race', simulated: false, tasks: {} })
  try {
    state.publications.publish(table, { action: 'apply', author })
    process.stdout.write(`${table.version}\n`)
    left -= 1
  } catch (error) {
    if (!(error instanceof WeighbridgeError) || error.code !== 'route_table_stale_parent') throw error
  }
}
state.close()
