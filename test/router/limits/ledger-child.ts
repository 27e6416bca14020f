// Counts calls in a ledger as fast as it can and says how many had begun and been settled when it last wrote, for a test that kills it.
// Argument: the folder of the ledger.
import { join } from 'node:path'
import pino from 'pino'
import { counted } from '../../../router/limits/amounts.ts'
import { Ledger } from '../../../router/limits/ledger.ts'
import { openBudgetBook } from '../../../store/state/budgets.ts'

const [folder = ''] = process.argv.slice(2)
const at = Date.parse('2026-03-10T12:00:00Z')
const clock = { nowMs: () => at, monotonicMs: () => performance.now() }
let begun = 0
let settled = 0
const ledger = new Ledger({
  book: openBudgetBook(join(folder, 'budgets.sqlite')),
  clock,
  log: pino({ level: 'silent' }),
  leased: false,
  onWritten: () => void process.stdout.write(`${begun} ${settled} .\n`),
})
const HELD = { usd: counted(0.0014), tokens: 1 }
const cell = ledger.cell('all', '', 'day', at)
function turn(): void {
  for (let call = 0; call < 5; call += 1) {
    cell.hold(HELD, at)
    begun += 1
  }
  // Some stay under way.
  while (cell.open > 20) {
    cell.settle(HELD, { usd: counted(0.001), tokens: 1 }, at)
    settled += 1
  }
  ledger.changed(cell)
  setImmediate(turn)
}
turn()
