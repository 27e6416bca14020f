// Fourteen ways to make a senseless question and its sound look-alike from the tables, with the reason for each. Pure: the same draws
// give the same pair.
import type { Draws } from './draws.ts'
import { BUDGETS, CAPTIVES, DEMANDS, FORECASTS, GAMES, IDIOMS, MACHINES, SERIES, STATISTICS } from './nonsense-more-tables.ts'
import { ABSTRACT_OBJECTS, ABSURD_DUTIES, CHAINS, EMOTIONS, EVENTS, FOREIGN_UNITS, MEASURES, NON_QUANTITIES, PROCEDURES, QUALITIES, RATIOS, STANDARDS, THINGS } from './nonsense-tables.ts'

/** A senseless question with its look-alike. */
export type NonsensePair = { readonly domain: string; readonly nonsense: string; readonly explanation: string; readonly control: string; readonly controlExplanation: string }
/** Makes one; `invent` gives a name of something that does not exist. */
export type NonsenseTemplate = (draws: Draws, invent: () => string) => NonsensePair

/** Templates by technique. */
export const NONSENSE_TEMPLATES: Readonly<Record<string, NonsenseTemplate>> = {
  invented_metric: (d, invent) => {
    const { domain, object, objects, quantity, unit, from, to } = d.pick(MEASURES)
    const index = `${d.pick(QUALITIES)} ${invent()} index`
    const now = d.whole(from, to)
    const before = from + ((now - from + d.whole(1, to - from)) % (to - from + 1))
    const ask = d.pick([`What do comparable ${objects} usually show, and from which value should we act?`, `Is that normal for ${objects} of our size, and where would you draw the line?`, `Which value should we aim for, and how fast can ${objects} move towards it?`])
    const put = (what: string, suffix: string): string => `The ${what} of our ${object} stands at ${now}${suffix}, after ${before}${suffix} last quarter. ${ask}`
    return { domain, nonsense: put(index, ''), explanation: `There is no ${index}; nothing defines what it measures, so it has no usual value and no threshold.`, control: put(quantity, ` ${unit}`), controlExplanation: `${quantity} is a common measure with known ranges.` }
  },
  misapplied_unit: (d) => {
    const { domain, object, quantity, unit, from, to } = d.pick(MEASURES)
    const wrong = d.pick(FOREIGN_UNITS)
    const [now, goal] = [d.whole(from, to), d.whole(2, 30)]
    const put = (one: string): string => `Last month's report gives the ${quantity} of our ${object} as ${now} ${one}. If we want it ${goal} percent lower by ${d.pick(['May', 'autumn', 'the end of the year'])}, how many ${one} is that, and what should we change first?`
    const nonsense = put(wrong)
    return { domain, nonsense, explanation: `The ${quantity} of a ${object} is not measured in ${wrong}, a unit of something else, and cannot be converted into it.`, control: nonsense.replaceAll(wrong, unit), controlExplanation: `A target for the ${quantity} in its own unit is simple arithmetic plus practice.` }
  },
  undefined_ratio: (d) => {
    const { domain, object, ratio, value } = d.pick(RATIOS)
    const what = ratio.split(' to ')[0] ?? ratio
    const divisor = d.pick(NON_QUANTITIES)
    const year = d.whole(2026, 2041)
    const put = (one: string): string => `For a ${object} that opens in ${year}, what ratio of ${one} ${d.pick(['should we plan with', 'is usual', 'would you hold'])}, and is ${value} already a reason to step in?`
    return { domain, nonsense: put(`${what} to ${divisor}`), explanation: `${divisor} is not a quantity, so nothing can be divided by it and the ratio has no value.`, control: put(ratio), controlExplanation: `The ratio of ${ratio} is a usual planning figure.` }
  },
  category_error: (d) => {
    const { domain, verb, right, question } = d.pick(PROCEDURES)
    const wrong = d.pick(ABSTRACT_OBJECTS)
    const put = (object: string): string => `${d.pick(['Before the visit on', 'By the end of', 'Not later than'])} ${d.pick(['Monday', 'Wednesday', 'Friday'])} we have to ${verb} ${object}. ${question}`
    return { domain, nonsense: put(wrong), explanation: `${wrong} is nothing material that one could ${verb}; the procedure does not apply to it.`, control: put(right), controlExplanation: `To ${verb} ${right} is an ordinary procedure.` }
  },
  personified_abstraction: (d) => {
    const { domain, thing, state, effect } = d.pick(THINGS)
    const event = d.pick(EVENTS)
    return {
      domain,
      nonsense: `Since ${event} our ${thing} has been ${d.pick(EMOTIONS)}. Who should talk to it first, and what may be promised before ${d.pick(['the board meets', 'the season starts', 'the quarter ends'])}?`,
      explanation: `A ${thing} has no feelings or intentions; it cannot be talked to and nothing can be promised to it.`,
      control: `Since ${event} our ${thing} has been ${state} and ${effect}. Who should look at it first, and what should be checked before ${d.pick(['the board meets', 'the season starts', 'the quarter ends'])}?`,
      controlExplanation: `A ${thing} that is ${state} is a usual problem with usual checks.`,
    }
  },
  pseudo_standard: (d, invent) => {
    const { domain, text, subject } = d.pick(STANDARDS)
    const name = `${invent()} ${d.pick(['Protocol', 'Code', 'Directive', 'Charter'])}`
    const lead = `We are preparing for the audit of ${d.pick(['May', 'July', 'September', 'November'])} ${d.whole(2026, 2041)}.`
    const tail = `Does that hold for ${subject} as well, and who ${d.pick(['has to prove it', 'signs for it', 'checks it'])}?`
    return { domain, nonsense: `${lead} Section ${d.whole(2, 19)} of the ${name} asks every firm to ${d.pick(ABSURD_DUTIES)} before the visit. ${tail}`, explanation: `There is no ${name}, and what it is said to ask for is not something anybody could do.`, control: `${lead} ${text}. ${tail}`, controlExplanation: 'The rule is real and its scope can be looked up.' }
  },
  causal_reversal: (d) => {
    const { domain, cause, effect } = d.pick(CHAINS)
    const [percent, early, late] = [d.whole(5, 30), d.pick(['spring', 'March', 'the first quarter']), d.pick(['autumn', 'October', 'the last quarter'])]
    return {
      domain,
      nonsense: `Because ${effect} in ${late} is what determines ${cause} in ${early} before it, how should we set ${effect} this year so that ${cause} back then turns out ${percent}% higher?`,
      explanation: `${cause} comes first and ${effect} follows from it; what happens later cannot change what was done before.`,
      control: `Because ${cause} in ${early} is what determines ${effect} in ${late} after it, how should we set ${cause} next year so that ${effect} then turns out ${percent}% higher?`,
      controlExplanation: `That ${cause} bears on ${effect} is sound, and planning from it is a real task.`,
    }
  },
  impossible_precision: (d) => {
    const { domain, what, tool } = d.pick(FORECASTS)
    const when = `${d.whole(2, 27)} ${d.pick(['March', 'June', 'September'])} ${d.whole(2031, 2045)}`
    return {
      domain,
      nonsense: `The contract wants ${what} on ${when} stated today to ${d.whole(6, 12)} decimal places and without any error. Which ${tool} guarantees that, and who certifies it?`,
      explanation: `Nothing that far ahead can be known without error, let alone to so many places; no ${tool} changes that.`,
      control: `The contract wants ${what} on ${when} stated today as a range with ${d.whole(6, 9)}0 percent confidence. Which ${tool} is suited for that, and who reviews it?`,
      controlExplanation: `A forecast with a stated uncertainty is what a ${tool} can give.`,
    }
  },
  invalid_conservation_law: (d) => {
    const { domain, place, quality, money, unit } = d.pick(BUDGETS)
    const x = d.whole(4, 38)
    const put = (what: string, law: string): string => `${law}, so the ${x} ${what} that ${unit} lost in ${d.pick(['May', 'June', 'November'])} must have gone to another one. How do we find out which, and does it have to be told?`
    return { domain, nonsense: put(`points of ${quality}`, `Across ${place} the sum of ${quality} never changes`), explanation: `${quality} is not a fixed sum that is passed around; one can lose it without another gaining it.`, control: put(`thousand of ${money}`, `Across ${place} the sum of ${money} is fixed by the plan`), controlExplanation: `A fixed plan for ${money} can be traced from one unit to another.` }
  },
  phantom_part: (d) => {
    const { domain, thing, part, other } = d.pick(MACHINES)
    const hours = d.whole(3, 40) * 50
    const put = (one: string): string => `We are servicing ${one} for the first time. Where does its ${part} sit, and should it be replaced before ${hours} hours of use or ${d.pick(['only when it fails', 'at the yearly check', 'on suspicion'])}?`
    const nonsense = put(thing)
    return { domain, nonsense, explanation: `${thing} has no ${part}, so there is nothing to find or to replace.`, control: nonsense.replace(thing, () => other), controlExplanation: `${other} has a ${part}, and its service life is a usual question.` }
  },
  contradictory_spec: (d) => {
    const { domain, both, sound } = d.pick(DEMANDS)
    const tail = `Who offers that from ${d.whole(2, 90)}0 pieces on, and what should the specification say so that ${d.pick(['it passes acceptance', 'bids can be compared', 'it can be tested'])}?`
    return { domain, nonsense: `We need ${both}. ${tail}`, explanation: `${both} contradicts itself: one demand rules the other out.`, control: `We need ${sound}. ${tail}`, controlExplanation: `${sound} can be specified and bought.` }
  },
  wrong_level: (d) => {
    const { domain, one, many } = d.pick(SERIES)
    const statistic = d.pick(STATISTICS)
    const [value, n] = [d.whole(12, 980), d.whole(40, 900)]
    return {
      domain,
      nonsense: `There was exactly one ${one} in the period, with a value of ${value}. What is the ${statistic} of that one value, and is it too large for the yearly report?`,
      explanation: `The ${statistic} describes a set of values; a single one has none.`,
      control: `There were exactly ${n} ${many} in the period, with a mean of ${value}. What does the ${statistic} of those values say, and when is it too large for the yearly report?`,
      controlExplanation: `The ${statistic} of a series can be computed and read.`,
    }
  },
  literal_metaphor: (d) => {
    const { domain, phrase, literal, plain } = d.pick(IDIOMS)
    const who = d.pick(['Our chair', 'The consultant', 'A colleague', 'The auditor', 'Our landlord'])
    const [nonsense, control] = [literal, plain].map((question) => question.replace('#', () => String(d.whole(2, 40))))
    return { domain, nonsense: `${who} says that ${phrase}. ${nonsense}`, explanation: `"${phrase}" is a figure of speech; what it names does not exist as a thing that could be measured or handled.`, control: `${who} says that ${phrase}. ${control}`, controlExplanation: 'Taken as it is meant, the remark leads to an ordinary question.' }
  },
  cross_domain_transplant: (d) => {
    const { game, rule, question } = d.pick(GAMES)
    const { domain, activity, plan, sound } = d.pick(CAPTIVES)
    const trouble = `If ${d.pick(['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'])} people are ${d.pick(['late', 'ill', 'held up in traffic', 'on leave'])}`
    return { domain, nonsense: `We run ${activity} by the rules of ${game}: ${rule}. ${trouble}, ${question}`, explanation: `${game} is played by rules of its own that have no counterpart in ${activity}.`, control: `We run ${activity} by ${plan}. ${trouble}, ${sound}`, controlExplanation: `How ${activity} copes with absence is a practical question.` }
  },
}
