// The doorway to the embedded ClickHouse: the one file that loads the engine's library and calls an undocumented entry.
// In: argv = [library, engine arguments …]. Out: serves until told to stop; never returns normally, because the engine
// calls exit(0) even when it failed, and this file turns every unasked return into exit code 1. Runs only as a child.
import ffi from 'node:ffi'

const [library, ...engineArguments] = process.argv.slice(2)
if (library === undefined) throw new Error('usage: launcher LIBRARY ARGUMENT…')

// argv[0] selects nothing in this build but must look like the program's name. Each buffer stays referenced until the call
// returns: the engine keeps the pointers.
const texts = ['clickhouse', ...engineArguments].map((text) => Buffer.from(`${text}\0`, 'utf8'))
const pointers = new BigUint64Array(texts.length + 1)
texts.forEach((text, index) => {
  pointers[index] = ffi.getRawPointer(text)
})

const { functions } = ffi.dlopen(library, {
  chdb_query_cmdline: { arguments: ['i32', 'pointer'], return: 'pointer' },
})
functions.chdb_query_cmdline(texts.length, ffi.getRawPointer(pointers))
// Serving ended without a signal: standard input closed (our parent is gone) or the engine refused to start.
process.exit(1)
