// Runs check.mjs against the answer's module. Succeeds only when the check came to its end: an answer that exits early, or
// never settles, has not passed.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

let done = false
process.on('exit', () => {
  if (!done && !process.exitCode) process.exitCode = 1
})

const { names, default: check } = await import('./check.mjs')
const written = existsSync('answer.ts') ? 'answer.ts' : 'answer.mjs'
await check(await loadAnswer(written), assert)
done = true

/** The answer's exports. A plain script or a CommonJS module counts too: what is tested is the code, not its last line. */
async function loadAnswer(file) {
  const source = readFileSync(file, 'utf8')
  if (/^\s*export\b/m.test(source)) return import(`./${file}`)
  const [ending] = file.split('.').slice(-1)
  if (/\b(?:module\.)?exports\b/.test(source)) {
    writeFileSync(`script.c${ending === 'ts' ? 'ts' : 'js'}`, source)
    return (await import(`./script.c${ending === 'ts' ? 'ts' : 'js'}`)).default
  }
  const module = `script.${ending === 'ts' ? 'ts' : 'mjs'}`
  writeFileSync(module, `${source}\nexport { ${names.join(', ')} }\n`)
  return import(`./${module}`)
}
