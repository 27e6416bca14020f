// Inputs and rules for the tests of task rules.
import { z } from 'zod'
import { makeAlphabet } from '../../../router/decide/task/alphabet.ts'
import { compileRules, type CompiledRules } from '../../../router/decide/task/compile-rules.ts'
import { classifySchema, taskRulesSchema } from '../../../core/task-rules.ts'
import { taskInput, type TaskInput } from '../../../router/decide/task/task-input.ts'

const ALPHABET = makeAlphabet()

export const BUILT_IN = ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks', 'general'] as const

/** A plain question by chat, with what the test is about put over it. */
export function input(text: string, over: Partial<TaskInput> = {}): TaskInput {
  return taskInput({ text, ...over })
}

/** Compiles rules as they would stand in a file, by task; throws what the schema says is wrong. */
export function rulesOf(tasks: Record<string, unknown>, settings: unknown = { built_in: false }): CompiledRules {
  const parsed = z.record(z.string(), taskRulesSchema).parse(tasks)
  return compileRules(new Map(Object.entries(parsed)), classifySchema.parse(settings), ALPHABET)
}

/** The built-in rules alone. */
export function builtInRules(): CompiledRules {
  return rulesOf(Object.fromEntries(BUILT_IN.map((task) => [task, []])), {})
}
