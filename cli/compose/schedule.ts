// The nightly job on a timer inside `up`: a cron expression out of the configuration, followed when that changes. One night at a
// time; a night that fails is logged and the next one comes all the same.
import { Cron } from 'croner'
import type { Logger } from 'pino'
import type { Config } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'

export type Schedule = {
  /** When the next night begins; undefined: none is scheduled. */
  next(): Date | undefined
  /** Begins one now, unless one is under way; resolves when it has ended. */
  trigger(): Promise<void>
  stop(): void
}

export type ScheduleOptions = {
  readonly current: () => Config
  readonly subscribe: (changed: () => void) => () => void
  readonly night: () => Promise<void>
  readonly log: Logger
}

/** Follows `evals.schedule`. */
export function startSchedule({ current, subscribe, night, log }: ScheduleOptions): Schedule {
  let cron: Cron | undefined
  let inForce = ''
  let underWay: Promise<void> | undefined

  const trigger = (): Promise<void> => {
    underWay ??= night()
      .catch((thrown: unknown) => {
        const { code, message, remedy } = asWeighbridgeError(thrown)
        log.warn({ code, remedy }, `the scheduled evals failed: ${message}`)
      })
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }
  const take = (): void => {
    const { schedule, timezone } = current().settings.evals
    const wanted = JSON.stringify([schedule, timezone])
    if (wanted === inForce) return
    inForce = wanted
    cron?.stop()
    cron = schedule === undefined ? undefined : new Cron(schedule, { ...(timezone === undefined ? {} : { timezone }), unref: true }, () => void trigger())
    if (cron !== undefined) log.info({ schedule, timezone, next: cron.nextRun()?.toISOString() }, 'evals are scheduled')
  }
  take()
  const unsubscribe = subscribe(take)
  return {
    next: () => cron?.nextRun() ?? undefined,
    trigger,
    stop() {
      unsubscribe()
      cron?.stop()
    },
  }
}

/** Throws `config_invalid` for a schedule or time zone that no night could follow. */
export function checkSchedule({ schedule, timezone }: { readonly schedule?: string | undefined; readonly timezone?: string | undefined }): void {
  if (schedule === undefined) return
  try {
    const cron = new Cron(schedule, { ...(timezone === undefined ? {} : { timezone }), paused: true })
    if (cron.nextRun() === null) throw new Error('it never comes')
    cron.stop()
  } catch (cause) {
    throw new WeighbridgeError('config_invalid', `evals.schedule: "${schedule}"${timezone === undefined ? '' : ` in ${timezone}`}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      remedy: 'Five cron fields (minute hour day month weekday), e.g. `17 3 * * *`, and a time zone by its name, e.g. Europe/Berlin.',
    })
  }
}
