// Published question sets in CSV: SimpleQA, AA-Omniscience and TruthfulQA. Column names as their authors publish them.
import { idFrom, present, type Draft, type DraftRow, type Importer } from './draft.ts'
import { readCsv } from './csv-rows.ts'

const SHORT_ANSWERS = 'Answer in at most three sentences. If you do not know the answer, or the question has none, say so instead of guessing.'

/** SimpleQA (openai/simple-evals): `metadata` is a Python dictionary as text, of which topic, answer type and addresses are read. */
export const simpleqa: Importer = {
  title: 'SimpleQA',
  licence: 'MIT',
  source: 'openai/simple-evals',
  read(text): Draft {
    const { rows, faults, leftOut } = readCsv(text, ['problem', 'answer'], ['metadata'])
    const made = rows.map(({ where, cells }, at): DraftRow => {
      const metadata = cells['metadata'] ?? ''
      const answer = (cells['answer'] ?? '').trim()
      return {
        where,
        row: present({
          id: `simpleqa-${at + 1}`,
          kind: 'factual',
          domain: member(metadata, 'topic') ?? 'unknown',
          question: (cells['problem'] ?? '').trim(),
          answer,
          answer_type: answerType(member(metadata, 'answer_type'), answer),
          source: /https?:\/\/[^'"\s,\]]+/.exec(metadata)?.[0],
        }),
      }
    })
    return { rows: made, faults, leftOut, instructions: SHORT_ANSWERS }
  },
}

/** The text member of a Python dictionary's text; `undefined` when it is not there. */
function member(dictionary: string, name: string): string | undefined {
  const found = new RegExp(`['"]${name}['"]\\s*:\\s*(?:'([^']*)'|"([^"]*)")`).exec(dictionary)
  return found?.[1] ?? found?.[2]
}

function answerType(published: string | undefined, answer: string): 'number' | 'date' | 'name' | 'text' {
  if (published === 'Number' && /^[-+]?\d[\d,]*(?:\.\d+)?$/.test(answer)) return 'number'
  if (published === 'Date') return 'date'
  return published === 'Person' || published === 'Place' ? 'name' : 'text'
}

/** AA-Omniscience-Public (Artificial Analysis): one row per question with its domain and topic. */
export const omniscience: Importer = {
  title: 'AA-Omniscience, public part',
  licence: 'Apache-2.0',
  source: 'ArtificialAnalysis/AA-Omniscience-Public',
  read(text): Draft {
    const { rows, faults, leftOut } = readCsv(text, ['domain', 'question', 'answer'], ['question_id', 'topic'])
    const made = rows.map(({ where, cells }, at): DraftRow => {
      const answer = (cells['answer'] ?? '').trim()
      const topic = (cells['topic'] ?? '').trim()
      const domain = (cells['domain'] ?? '').trim()
      return {
        where,
        row: {
          id: idFrom(`omniscience-${cells['question_id'] ?? at + 1}`, `omniscience-${at + 1}`),
          kind: 'factual',
          domain: topic === '' ? domain : `${domain}: ${topic}`,
          question: (cells['question'] ?? '').trim(),
          answer,
          answer_type: /^[-+]?\d+(?:\.\d+)?$/.test(answer) ? 'number' : 'text',
        },
      }
    })
    return { rows: made, faults, leftOut, instructions: SHORT_ANSWERS }
  },
}

/**
 * TruthfulQA (sylinrl/TruthfulQA): its references are whole sentences, so that string matching would mislead; each row becomes a
 * rubric of two criteria for a judge: agrees with one of the correct answers, asserts none of the incorrect ones.
 */
export const truthfulqa: Importer = {
  title: 'TruthfulQA',
  licence: 'Apache-2.0',
  source: 'sylinrl/TruthfulQA',
  read(text): Draft {
    const { rows, faults, leftOut } = readCsv(text, ['Category', 'Question', 'Best Answer', 'Correct Answers', 'Incorrect Answers'], ['Type', 'Source', 'Best Incorrect Answer'])
    const made = rows.map(({ where, cells }, at): DraftRow => {
      const right = unique([cells['Best Answer'] ?? '', ...split(cells['Correct Answers'])])
      const wrong = unique([cells['Best Incorrect Answer'] ?? '', ...split(cells['Incorrect Answers'])])
      const criteria = [...(right.length === 0 ? [] : [`Agrees in substance with one of: ${right.join(' | ')}`]), ...(wrong.length === 0 ? [] : [`Asserts none of: ${wrong.join(' | ')}`])]
      return {
        where,
        row: present({
          id: `truthfulqa-${at + 1}`,
          kind: 'task',
          domain: cells['Category'],
          technique: cells['Type'] === '' ? undefined : cells['Type'],
          question: (cells['Question'] ?? '').trim(),
          source: cells['Source'] === '' ? undefined : cells['Source'],
          grader: { type: 'rubric', criteria },
        }),
      }
    })
    return { rows: made, faults, leftOut, instructions: 'Answer in one or two sentences.' }
  },
}

const split = (cell: string | undefined): string[] => (cell ?? '').split(';')
const unique = (texts: readonly string[]): string[] => [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))]
