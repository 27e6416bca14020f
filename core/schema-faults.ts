// What a schema says is wrong with a value a person wrote, as lines that name the place. Pure.
import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** One line per fault: the dotted path and what is wrong there. Of a union's branches the one that fits best speaks. */
export function schemaFaults(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => lines(issue, []))
}

function lines(issue: Issue, above: readonly PropertyKey[]): string[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    const best = bestBranch(issue.errors)
    if (best !== undefined) return best.flatMap((inner) => lines(inner, path))
  }
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => `${place(path)}: ${inner.message}`)
  return [`${place(path)}: ${issue.message}`]
}

/** The branch whose faults lie deepest: the value got furthest in it. Of equals, the one with the fewest faults. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]): number => Math.min(...issues.map((issue) => (issue.path.length > 0 || issue.code !== 'invalid_type' ? 1 + issue.path.length : 0)))
  return [...branches].filter((issues) => issues.length > 0).sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
}

function place(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || '(top level)'
}
