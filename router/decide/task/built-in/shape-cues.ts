// Cues that are no words: tools, sizes, code. Weights are log-odds set on the development files (labelled/README.md).
import { seemsCode } from './seems-code.ts'
import type { ShapeCue } from './cue.ts'

/** Few enough words to be one question. */
const SHORT_WORDS = 25
/** Facts are asked for in longer sentences, full of names. */
const FACT_WORDS = 50

export const SHAPE_CUES: readonly ShapeCue[] = [
  // Without tools nothing can be acted on, whatever is asked.
  { name: 'no tools', weights: { agent_tasks: -8 }, when: (input) => input.tools === 0 },
  { name: 'tools', weights: { agent_tasks: 2.2 }, when: (input) => input.tools > 0 },
  { name: 'three tools or more', weights: { agent_tasks: 0.4 }, when: (input) => input.tools >= 3 },
  { name: 'tools and a conversation under way', weights: { agent_tasks: 2 }, when: (input) => input.tools > 0 && input.messages >= 4 },
  { name: 'tools and a long conversation', weights: { agent_tasks: 2 }, when: (input) => input.tools > 0 && input.messages >= 8 },

  { name: 'code block', weights: { code_generation: 3 }, when: (_input, shape) => shape.fenced },
  { name: 'looks like code', weights: { code_generation: 2.5, long_context: -1, simple_qa: -0.8 }, when: (_input, shape) => seemsCode(shape) },
  { name: 'identifier', weights: { code_generation: 1.2 }, when: (_input, shape) => shape.identifiers > 0 },
  { name: 'error name', weights: { code_generation: 2.5 }, when: (_input, shape) => shape.errorNames > 0 },
  { name: 'source file', weights: { code_generation: 1.5 }, when: (_input, shape) => shape.codeFiles > 0 },

  { name: 'over 4,000 tokens', weights: { long_context: 0.8 }, when: (input) => input.inputTokens >= 4_000 },
  { name: 'over 8,000 tokens', weights: { long_context: 0.7 }, when: (input) => input.inputTokens >= 8_000 },
  { name: 'over 8,000 tokens in few messages', weights: { long_context: 1.2 }, when: (input) => input.inputTokens >= 8_000 && input.messages <= 4 },
  { name: 'over 30,000 tokens', weights: { long_context: 0.7 }, when: (input) => input.inputTokens >= 30_000 },
  { name: 'under 4,000 tokens', weights: { long_context: -4 }, when: (input) => input.inputTokens < 4_000 },

  { name: 'one short question', weights: { simple_qa: 0.9, factual_recall: 0.9 }, when: (input, shape, words) => shape.question && words <= SHORT_WORDS && shape.lines <= 3 && input.tools === 0 },
  { name: 'no question', weights: { simple_qa: -0.6, factual_recall: -0.5 }, when: (_input, shape) => !shape.question },
  { name: 'more than a short question', weights: { simple_qa: -2 }, when: (_input, _shape, words) => words > SHORT_WORDS },
  { name: 'many words', weights: { simple_qa: -1, factual_recall: -2 }, when: (_input, _shape, words) => words > 70 },
  { name: 'proper name in a question', weights: { factual_recall: 0.8, simple_qa: -0.3 }, when: (input, shape, words) => shape.question && shape.names > 0 && words <= FACT_WORDS && input.tools === 0 },
  { name: 'full name or title in a question', weights: { factual_recall: 0.9, simple_qa: -0.9 }, when: (input, shape, words) => shape.question && (shape.fullNames > 0 || shape.quotes > 0) && words <= FACT_WORDS && input.tools === 0 },
  { name: 'year in a question', weights: { factual_recall: 0.9, simple_qa: -0.6 }, when: (input, shape, words) => shape.years > 0 && words <= FACT_WORDS && input.tools === 0 },
  { name: 'several numbers', weights: { general: 0.8, simple_qa: -0.5, factual_recall: -1.2 }, when: (input, shape, words) => shape.numbers >= 3 && words >= 15 && input.tools === 0 },
  { name: 'image', weights: { general: 2, simple_qa: -1.2, factual_recall: -1.2 }, when: (input) => input.images },
  { name: 'many signs', weights: { code_generation: 1.2 }, when: (_input, shape) => shape.symbols >= 0.015 && !seemsCode(shape) },
  { name: 'schema', weights: { general: 1.2 }, when: (input) => input.schema && input.tools === 0 && input.inputTokens < 4_000 },
]
