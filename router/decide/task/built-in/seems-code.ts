// Whether a text holds code, from what can be seen of it without knowing its words. Pure.
import type { TextShape } from '../text-shape.ts'

/** Signs of code per unit of text above which it is not prose; prose with links and lists stays below .02. */
const SYMBOL_SHARE = 0.03
/** Signs of any kind per unit of text that prose has not either, where lines or words also look like code. */
const ANY_SHARE = 0.05

export function seemsCode(shape: TextShape): boolean {
  return shape.symbols >= SYMBOL_SHARE || (shape.symbols + shape.softSymbols >= ANY_SHARE && (shape.codeLines >= 2 || (shape.identifiers > 0 && shape.symbols > 0)))
}
