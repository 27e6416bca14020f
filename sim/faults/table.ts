// Everything that can go wrong at a provider: a fault rewrites the steps of the answer that would have been given. One small
// entry each, in the file of its kind; a new one is an entry there.
import { BODIES } from './bodies.ts'
import { CONTENTS } from './contents.ts'
import { ENDINGS } from './endings.ts'
import type { Fault } from './fault.ts'
import { REFUSALS } from './refusals.ts'

export type { Fault, FaultContext } from './fault.ts'

export const FAULTS = { ...REFUSALS, ...ENDINGS, ...BODIES, ...CONTENTS } as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS
/** Every fault's name, for messages and loops. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[] // Object.keys widens to string[]
