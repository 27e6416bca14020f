// Gemini's generateContent, whole and streamed, and its token counting.
import { randomText } from '../../behaviour/random-text.ts'
import { geminiError, geminiErrorObject } from '../gemini-errors.ts'
import type { Surface } from '../surface.ts'
import { readGemini, readGeminiCount } from './read.ts'
import { crlf, geminiEvents, wholeGemini } from './write.ts'

export const gemini: Surface = {
  wire: 'gemini',
  kind: 'answer',
  newId: (random) => randomText(random, 22),
  newCallId: (random) => randomText(random, 8).toLowerCase(),
  read: readGemini,
  whole: wholeGemini,
  events: geminiEvents,
  error: geminiError,
  errorEvent: (error, model) => crlf(geminiErrorObject(error, model)),
}

/** POST …/models/M:countTokens. */
export const geminiCount: Surface = {
  ...gemini,
  kind: 'count',
  read: readGeminiCount,
  whole: (said) => JSON.stringify({ totalTokens: said.usage?.input }),
  events: () => [],
}
