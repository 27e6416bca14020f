// Scheduled evals: what a schedule may be, that it follows the configuration, and that nights neither overlap nor stop after one that failed.
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { checkSchedule, startSchedule, type Schedule } from '../../cli/compose/schedule.ts'
import { parseConfig, type Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'

const configOf = (evals: object): Config => parseConfig(JSON.stringify({ providers: {}, targets: {}, evals }), {}, { find: () => undefined })

describe('a schedule', () => {
  let schedule: Schedule | undefined
  afterEach(() => schedule?.stop())

  function start(night: () => Promise<void>, evals: object = { schedule: '17 3 * * *', timezone: 'UTC' }) {
    let config = configOf(evals)
    let changed = (): void => undefined
    const warned: Record<string, unknown>[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line) as Record<string, unknown>) })
    schedule = startSchedule({
      current: () => config,
      subscribe: (listener) => {
        changed = listener
        return () => (changed = () => undefined)
      },
      night,
      log,
    })
    return {
      schedule,
      warned,
      change(next: object) {
        config = configOf(next)
        changed()
      },
    }
  }

  it('knows its next night in its time zone, and follows the configuration without a restart', () => {
    const { schedule: running, change } = start(async () => undefined)
    expect(running.next()?.toISOString()).toMatch(/T03:17:00\.000Z$/)
    change({ schedule: '0 12 * * *', timezone: 'Asia/Tokyo' })
    expect(running.next()?.toISOString()).toMatch(/T03:00:00\.000Z$/)
    change({})
    expect(running.next()).toBeUndefined()
    change({ schedule: '17 3 * * *', timezone: 'UTC' })
    running.stop()
    change({ schedule: '0 12 * * *' })
  })

  it('has one night at a time, and another after one that failed, which is logged with its remedy', async () => {
    const ends: (() => void)[] = []
    let nights = 0
    const { schedule: running, warned } = start(async () => {
      nights += 1
      if (nights === 2) throw new WeighbridgeError('eval_budget_needed', 'no budget')
      await new Promise<void>((end) => ends.push(end))
    })
    const first = running.trigger()
    const same = running.trigger()
    expect(nights).toBe(1)
    ends[0]?.()
    await Promise.all([first, same])
    await running.trigger()
    expect(warned).toMatchObject([{ code: 'eval_budget_needed', msg: expect.stringMatching(/scheduled evals failed: no budget/), remedy: expect.stringMatching(/\S/) }])
    const third = running.trigger()
    expect(nights).toBe(3)
    ends[1]?.()
    await third
  })

  it('is refused when no night could follow it, with an example', () => {
    for (const bad of [{ schedule: 'every night' }, { schedule: '99 3 * * *' }, { schedule: '0 3 30 2 *' }, { schedule: '0 3 * * *', timezone: 'Middle/Earth' }]) {
      expect(() => checkSchedule(bad), JSON.stringify(bad)).toThrow(expect.objectContaining({ code: 'config_invalid', remedy: expect.stringMatching(/17 3 \* \* \*/) }))
    }
    expect(() => checkSchedule({})).not.toThrow()
    expect(() => checkSchedule({ schedule: '17 3 * * 1-5', timezone: 'Europe/Berlin' })).not.toThrow()
  })
})
