// What the generations of Gemini accept: one row each, found by the model's name. Pure data; it decides nothing by itself.
// Sources: @google/genai 3.1, the API's pages on thinking, function calling and structured output, 2026-11.

/** What one generation accepts. */
export type GeminiRules = {
  /** How thinking is set: a level (3 and later), a number of tokens (2.5), or not at all. The two exclude each other. */
  readonly thinking: 'level' | 'budget' | 'none'
  /** Levels, lowest first. */
  readonly levels: readonly string[]
  /** Fewest and most tokens of a budget. 0 as the fewest: thinking can be switched off. */
  readonly budgets: { readonly least: number; readonly most: number }
  /** Images and files inside a function's response; before that they stand beside it. */
  readonly mediaInResponses: boolean
  /** Function calls of earlier turns must carry the signature they came with. */
  readonly signedCalls: boolean
  /** `responseJsonSchema` and `parametersJsonSchema`; before that the `Schema` object. */
  readonly jsonSchema: boolean
  /** A JSON answer and functions in one request. */
  readonly jsonWithTools: boolean
  readonly penalties: boolean
  /** Addresses of the open web as `fileData`. */
  readonly webFiles: boolean
  /** `systemInstruction`. */
  readonly systemInstruction: boolean
}

const older: GeminiRules = {
  thinking: 'none',
  levels: [],
  budgets: { least: 0, most: 0 },
  mediaInResponses: false,
  signedCalls: false,
  jsonSchema: true,
  jsonWithTools: false,
  penalties: true,
  webFiles: false,
  systemInstruction: true,
}
const gemini25: GeminiRules = { ...older, thinking: 'budget', budgets: { least: 0, most: 24_576 }, penalties: false, webFiles: true }
const LOW_TO_HIGH = ['LOW', 'MEDIUM', 'HIGH'] as const
const gemini3: GeminiRules = {
  ...older,
  thinking: 'level',
  levels: ['MINIMAL', ...LOW_TO_HIGH],
  mediaInResponses: true,
  signedCalls: true,
  jsonWithTools: true,
  webFiles: true,
}

/** Read from the top. */
const ROWS: readonly { readonly name: RegExp; readonly rules: GeminiRules }[] = [
  { name: /^gemini-2\.5-pro/, rules: { ...gemini25, budgets: { least: 128, most: 32_768 } } },
  { name: /^gemini-2\.5/, rules: gemini25 },
  { name: /^gemini-2/, rules: older },
  { name: /^gemini-(1|pro(-vision)?$)/, rules: { ...older, jsonSchema: false } },
  { name: /^gemma-/, rules: { ...older, jsonSchema: false, systemInstruction: false, penalties: false } },
  // "Thinking level MINIMAL is not supported for this model": 3 Pro has the two ends only, 3.1 Pro and the Flash models from 3.7 on begin at LOW.
  { name: /^gemini-3-pro(-|$)/, rules: { ...gemini3, levels: ['LOW', 'HIGH'] } },
  { name: /^gemini-3\.\d+-pro(-|$)|^gemini-pro-latest/, rules: { ...gemini3, levels: LOW_TO_HIGH } },
  { name: /flash-lite/, rules: gemini3 },
  { name: /^gemini-3\.([7-9]|\d\d)-flash|^gemini-flash-latest/, rules: { ...gemini3, levels: LOW_TO_HIGH } },
  { name: /^gemini-3/, rules: gemini3 },
]

/** The rules of a model; a name that is not out yet is taken for the newest kind, with the levels all of those have. */
export function geminiRules(model: string): GeminiRules {
  const name = model.toLowerCase().replace(/^.*\//, '')
  return ROWS.find((row) => row.name.test(name))?.rules ?? { ...gemini3, levels: LOW_TO_HIGH }
}
