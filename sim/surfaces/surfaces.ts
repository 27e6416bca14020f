// The wire formats the sim speaks; a new one is one row here and one file beside this.
import { openaiChat } from './openai-chat.ts'
import type { Surface } from './surface.ts'

export const SURFACES: readonly Surface[] = [openaiChat]

/** Writes errors where no surface was found, such as an unknown path. */
export const DEFAULT_SURFACE: Surface = openaiChat
