// What every probe row has, whatever its kind. Schema only.
import { z } from 'zod'

/**
 * How a row's second check was made: by running a program or a calculation, in installed documentation, data or a stored page, by deriving
 * it from other facts, or from memory alone.
 */
const CHECKS = ['computed', 'reference', 'derived', 'recalled'] as const

/** Members of every row: a stable id, the domain reports group by, and the question as it is asked. */
export const commonFields = {
  id: z.string().regex(/^[A-Za-z0-9._-]+$/),
  domain: z.string().min(1),
  question: z.string().min(1).max(200_000),
  difficulty: z.enum(['easy', 'medium', 'hard']).optional(),
  source: z.string().optional(),
  checked: z.enum(CHECKS).optional(),
}
