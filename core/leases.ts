// How routers share budgets: the documents of POST /admin/budgets/lease (a router that follows a primary tells what it used of each cell,
// and asks for more) and GET /admin/budgets (what is counted, for operators). Dollars in leases are units of 1e-12 USD, in the
// operators' document dollars. Pure.
import { z } from 'zod'
import { WINDOWS } from './limits.ts'

const amount = z.number().nonnegative().finite().max(Number.MAX_SAFE_INTEGER)
const amounts = z.object({ usd: amount, tokens: amount, requests: amount })
const some = amounts.partial()
const moment = z.number().int().min(0).max(8.64e15)

const cellKey = z.object({ rule: z.string().min(1).max(200), subject: z.string().max(400), window: z.enum(WINDOWS), starts_at: moment })

/** Most cells of one exchange. */
export const MOST_LEASED = 1_000

export const leaseRequest = z.strictObject({
  /** Names the asking router's data directory. */
  holder: z.string().min(1).max(128),
  /** Another for each start of the asking router. */
  run: z.string().min(1).max(64),
  /** Grows with each request of a run: one that is late must not undo a later one. */
  seq: z.number().int().nonnegative(),
  cells: z
    .array(
      cellKey.extend({
        /** What the asker may use in all, as it knows; the primary may have granted more in an answer that was lost. */
        granted: amounts,
        /** Of that, what calls have cost; never goes down. */
        used: amounts,
        /** How much more it would like; left out: none, and nothing of that measure is limited. */
        want: some,
        /** The limits themselves. */
        most: some,
      }),
    )
    .max(MOST_LEASED),
})
export type LeaseRequest = Readonly<z.infer<typeof leaseRequest>>
export type LeasedCell = LeaseRequest['cells'][number]

export const leaseAnswer = z.object({
  /** In the order of the request. */
  cells: z.array(
    cellKey.extend({
      /** What the asker may use in all from now on. */
      granted: amounts,
      /** What the primary still has to give. */
      left: amounts,
      /** What all others have used, as far as the primary knows. */
      elsewhere: amounts,
      /** What an operator took off. */
      forgiven: amounts,
    }),
  ),
})
export type LeaseAnswer = Readonly<z.infer<typeof leaseAnswer>>

/** Figures of one measure: dollars, tokens or calls. `null`: not limited. */
const usage = z.object({ limit: z.number().nullable(), spent: z.number(), set_aside: z.number(), lent: z.number() })

const budgetRow = z.object({
  /** `all`, `key`, `user`, `session`, `trace`, `task`, `evals` or `tag:NAME`. */
  budget: z.string(),
  subject: z.string(),
  /** The name of a key, where the subject is one that is in force. */
  subject_name: z.string().nullable(),
  simulated: z.boolean(),
  window: z.enum(WINDOWS),
  resets_at: moment.nullable(),
  usd: usage,
  tokens: usage,
  requests: usage,
  /** Dollars that were only set aside when a process was killed, and count as spent. */
  lost_usd: z.number(),
  /** Whether a limit is reached. */
  over: z.boolean(),
  /** The largest share of a limit that is used, set aside or lent; `null`: nothing of it is limited. */
  share: z.number().nullable(),
})
export type BudgetRow = Readonly<z.infer<typeof budgetRow>>

/** Answer of GET /admin/budgets. */
export const budgetsDocument = z.object({
  now_at: moment,
  /** Address of the primary that keeps these; `null`: here. Where there is one, what others spent is as it last said. */
  primary: z.string().nullable(),
  rows: z.array(budgetRow).readonly(),
  /** Rows that were left out for their number. */
  more: z.number().int().nonnegative(),
  /** Routers that follow this one and hold a part of a budget. */
  holders: z.array(z.object({ holder: z.string(), heard_at: moment })).readonly(),
  /** How this router stands to its primary's budgets; `null`: it has none. */
  leasing: z.object({ reachable: z.boolean(), heard_at: moment.nullable(), fault: z.string().nullable() }).nullable(),
  /** Whether what is counted reaches the disk. */
  written: z.boolean(),
})
export type BudgetsDocument = Readonly<z.infer<typeof budgetsDocument>>

/** Answer of DELETE /admin/budgets/BUDGET/SUBJECT. */
export const budgetResetAnswer = z.object({
  /** What begins anew. */
  reset: z.array(z.object({ budget: z.string(), subject: z.string(), window: z.enum(WINDOWS) })).readonly(),
  /** Repeated calls and costs of agents that are forgotten at the answering router. */
  forgotten: z.number().int().nonnegative(),
  /** Address of the primary, which must be asked as well; `null`: the budgets are kept here. */
  primary: z.string().nullable(),
})
export type BudgetResetAnswer = Readonly<z.infer<typeof budgetResetAnswer>>
