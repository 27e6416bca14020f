// From whatever the ClickHouse client threw to one of our codes: the server answered with an error, or there was no answer.
// It must not let anything through that was in the rows of an insert: the server quotes the bytes it could not parse.
import { ClickHouseError } from '@clickhouse/client'
import { WeighbridgeError } from '../../core/errors.ts'

export type ErrorContext = {
  readonly url: string
  readonly user: string
  readonly timeoutMs: number
  readonly doing: 'query' | 'insert' | 'command'
}

const LONGEST_MESSAGE = 400
/** Server codes: who asks (192 unknown user, 193 wrong password, 194 password needed, 516 authentication failed). */
const CREDENTIAL_CODES = new Set([192, 193, 194, 516])
/** 60 unknown table, 81 unknown database, 16 no such column, 47 unknown identifier. */
const SCHEMA_CODES = new Set([16, 47, 60, 81])
const READONLY_CODE = 164
/** What an account may take for one question: 159 time, 241 memory, 396 rows of the answer; and 201 questions in all. */
const LIMIT_CODES = new Set([159, 241, 396])
const QUOTA_CODE = 201

function remedyFor(code: number, user: string): string | undefined {
  if (CREDENTIAL_CODES.has(code)) return `Check the user name (${user}) and password for ClickHouse.`
  if (SCHEMA_CODES.has(code)) return 'Run `weighbridge migrate` to bring the schema up to date.'
  if (code === READONLY_CODE) {
    return `Give the account ${user} readonly=2, or a profile with output_format_json_quote_64bit_integers=1, output_format_json_quote_decimals=1 and date_time_output_format=iso.`
  }
  if (LIMIT_CODES.has(code)) return `Ask for a shorter window or narrow it by task or target; or raise max_execution_time and max_memory_usage of the account ${user}.`
  if (code === QUOTA_CODE) return `Wait a minute: the account ${user} has asked as often as its quota allows. Fewer open pages, or a higher quota, help.`
  return undefined
}

/** `clickhouse_query` with the server's number and name in details, or `clickhouse_unreachable` with the system's code when there was no answer. */
export function translateError(thrown: unknown, context: ErrorContext): WeighbridgeError {
  if (thrown instanceof WeighbridgeError) return thrown
  if (thrown instanceof ClickHouseError) {
    const code = Number(thrown.code)
    const type = thrown.type ?? 'UNKNOWN'
    const remedy = remedyFor(code, context.user)
    // Where an insert failed is safe to say; what the row held is not. So no cause either: it would carry the text along.
    const row = /\(at row (\d+)\)/.exec(thrown.message)?.[1]
    const what =
      context.doing === 'insert'
        ? `ClickHouse refused an insert: code ${code} ${type}${row === undefined ? '' : ` at row ${row}`}`
        : `ClickHouse answered code ${code} ${type}: ${thrown.message.slice(0, LONGEST_MESSAGE)}`
    return new WeighbridgeError('clickhouse_query', what, {
      details: { code, type, ...(row === undefined ? {} : { row: Number(row) }) },
      ...(remedy === undefined ? {} : { remedy }),
    })
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const systemCode = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined
  const timedOut = message === 'Timeout error.'
  return new WeighbridgeError(
    'clickhouse_unreachable',
    timedOut ? `ClickHouse at ${context.url} did not answer a ${context.doing} within ${context.timeoutMs} ms` : `No answer from ClickHouse at ${context.url}: ${message || systemCode || 'connection lost'}`,
    { cause: thrown, details: { timed_out: timedOut, ...(systemCode === undefined ? {} : { system_code: systemCode }) } },
  )
}
