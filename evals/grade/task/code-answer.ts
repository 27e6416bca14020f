// The code in a model's answer: its longest fenced block in the wanted language, else its longest unmarked block, else the
// whole text. Pure; it must not judge or change the code.

/** Info strings of code blocks by file ending; JavaScript and TypeScript run either way. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  js: ['js', 'javascript', 'mjs', 'node', 'jsx', 'ecmascript', 'ts', 'typescript'],
  mjs: ['js', 'javascript', 'mjs', 'node', 'jsx', 'ecmascript', 'ts', 'typescript'],
  ts: ['ts', 'typescript', 'mts', 'js', 'javascript'],
  mts: ['ts', 'typescript', 'mts', 'js', 'javascript'],
  py: ['py', 'python', 'python3'],
  sh: ['sh', 'bash', 'shell', 'zsh'],
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`{]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[`~]*[ \t]*$|(?![\s\S]))/gm

/** The code for a file of this name. A block that never closes counts to the end of the text: the answer was cut or careless. */
export function codeIn(text: string, fileName: string): string {
  const ending = fileName.split('.').at(-1) ?? ''
  const wanted = NAMES[ending] ?? [ending]
  const blocks = [...text.matchAll(FENCE)].map((match) => ({ language: (match[2] ?? '').toLowerCase(), code: match[3] ?? '' }))
  return longest(blocks.filter((block) => wanted.includes(block.language))) ?? longest(blocks.filter((block) => block.language === '')) ?? (blocks.length === 0 ? text : (longest(blocks) ?? text))
}

function longest(blocks: readonly { readonly code: string }[]): string | undefined {
  const [first] = [...blocks].sort((a, b) => b.code.length - a.code.length)
  return first?.code
}
