// Words that say little about what a question is about: articles, pronouns, auxiliaries, and the words questions are framed
// with. Kept as hashes under the installation's seed.
import { foldCase } from './characters.ts'
import { scramble } from './hashing.ts'

const LISTS = [
  'a an the this that these those it its is are was were be been being am i me my mine you your yours we us our they them their he she his her of in on at to from for with without into about as by or and but if so than then there here not no do does did done doing have has had having will would shall should can could may might must what which who whom whose when where why how please could kindly just some any all also very really more most much many want wants need needs like know tell give show explain describe help let make get got use using used way ways thing things one ones out up down over again still only too',
  'der die das ein eine einen einem einer eines und oder aber ist sind war waren sein bin ich du er sie es wir ihr mich mir dich dir uns euch mein meine dein deine sein seine nicht kein keine wie was wer wo wann warum welche welcher welches kann kannst können könntest könnte soll sollte muss möchte bitte mal für mit ohne von vom zu zum zur im am in an auf aus bei nach über unter um als wenn dass auch noch nur sehr mehr man werden wird wurde haben hat habe hatte gib zeig erkläre erklär mach machen',
  'le la les un une des du de et ou mais est sont était être suis je tu il elle on nous vous ils elles me te se mon ma mes ton ta tes son sa ses ne pas plus que qui quoi quel quelle quels quelles comment pourquoi où quand peux peut pouvez pourrais pourrait pour avec sans dans sur sous par en au aux ce cette ces cela ça si aussi très avoir ai as avez faire fait faut donne montre explique merci',
  'el los las unos unas y o pero es son era ser estar está estoy yo tú él ella nosotros ellos mi mis tu tus su sus no más que quien qué quién cuál cuáles cómo por para con sin sobre en del al este esta estos estas eso si también muy haber hay tengo tiene puede puedes podrías hacer hace dame muestra explica favor',
  'il lo gli uno e ed ma è sono era essere io tu lui lei noi voi loro mio mia tuo tua suo sua non più che chi cosa quale quali come perché dove quando può puoi potresti per con senza su sopra da dal dalla nel nella al alla questo questa questi se anche molto avere ho hai ha fare dammi mostra spiega favore o os as um uma uns umas e é são era ser estar está eu ele ela nós eles meu minha seu sua não mais quem qual quais como por para com sem sobre em no na do da ao isso este esta se também muito ter tenho tem pode poderia fazer faz',
] as const

/** Letters of the longest of them: longer words need no look. */
export const LONGEST_COMMON = Math.max(...LISTS.flatMap((list) => list.split(' ').map((word) => word.length)))

/** The words' hashes under a seed. */
export function commonWords(seed: number): ReadonlySet<number> {
  return new Set(LISTS.flatMap((list) => list.split(' ').map((word) => scramble(hashWord(word) ^ seed) >>> 0)))
}

/** One letter more of a word's hash; letters come folded. */
export function hashLetter(hash: number, code: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ code, 0x85ebca77)
}

function hashWord(word: string): number {
  let hash = 0
  for (let i = 0; i < word.length; i += 1) hash = hashLetter(hash, foldCase(word.charCodeAt(i)))
  return hash
}
