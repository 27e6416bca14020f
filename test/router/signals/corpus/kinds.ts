// The kinds of dialogues, each as the steps that a client takes. What is expected is what a person who watched would say.
import type { AskedCall } from '../../../../router/signals/signal.ts'
import { largeEdit, smallEdit } from './edits.ts'
import { Talk } from './dialogue.ts'

/** Asks the topic's question and gets the answer. */
function opened(talk: Talk): AskedCall {
  talk.say(talk.topic.question)
  const call = talk.ask()
  talk.reply(call, talk.topic.answer)
  if (talk.style.title !== 'none') title(talk)
  return call
}

/** Chat applications name a conversation after its first answer, with a call of their own. */
function title(talk: Talk): void {
  const { question, answer } = talk.topic
  talk.program()
  const request = 'Write a title of at most five words for this conversation. No quotation marks.'
  if (talk.style.title === 'quoted') {
    talk.reply(talk.askAs([{ role: 'user', parts: [{ kind: 'text', text: `${request}\n\nUser: ${question}\nAssistant: ${answer}` }] }], { tools: [] }), 'A short title')
    return
  }
  const messages = talk.messages()
  talk.reply(talk.askAs([...messages, { role: 'assistant', parts: [{ kind: 'text', text: talk.style.back(answer) }] }, { role: 'user', parts: [{ kind: 'text', text: request }] }], { tools: [] }), 'A short title')
}

/** Goes on with the follow-up question; answers the call. */
function followed(talk: Talk, kept: string, which: 0 | 1 = 0): AskedCall {
  talk.keep(kept).think().say(talk.topic.next[which])
  const call = talk.ask()
  talk.reply(call, talk.topic.nextAnswers[which])
  return call
}

function appendedTitle(talk: Talk, call: AskedCall): void {
  // The answer stands unchanged in the title's request: whoever watches sees it taken as it is.
  if (talk.style.title === 'appended') talk.expect('accepted', call)
}

export const KINDS: Readonly<Record<string, (talk: Talk) => void>> = {
  'regenerate the first answer': (talk) => {
    const first = opened(talk)
    appendedTitle(talk, first)
    const second = talk.click().ask()
    talk.expect('retry', first).reply(second, talk.topic.otherAnswer)
    followed(talk, talk.topic.otherAnswer)
    talk.expect('accepted', second)
  },
  'regenerate a later answer': (talk) => {
    const first = opened(talk)
    const second = followed(talk, talk.topic.answer)
    talk.expect('accepted', first).click()
    talk.reply(talk.ask(), talk.topic.otherAnswer).expect('retry', second)
  },
  'regenerate three times': (talk) => {
    let call = opened(talk)
    appendedTitle(talk, call)
    for (const text of [talk.topic.otherAnswer, talk.topic.nextAnswers[0], talk.topic.answer]) {
      const again = talk.click().ask()
      talk.expect('retry', call).reply(again, text)
      call = again
    }
  },
  'rephrase the first question': (talk) => {
    const first = opened(talk)
    appendedTitle(talk, first)
    const wording = talk.topic.wordings[Math.floor(talk.random.next() * 3)] ?? ''
    const second = talk.think().sayInstead(wording).ask()
    talk.expect('rephrase', first).reply(second, talk.topic.otherAnswer)
  },
  'rephrase twice': (talk) => {
    const first = opened(talk)
    appendedTitle(talk, first)
    const second = talk.think().sayInstead(talk.topic.wordings[0]).ask()
    talk.expect('rephrase', first).reply(second, talk.topic.otherAnswer)
    talk.reply(talk.think().sayInstead(talk.topic.wordings[2]).ask(), talk.topic.answer).expect('rephrase', second)
  },
  'rephrase a later question': (talk) => {
    const first = opened(talk)
    const second = followed(talk, talk.topic.answer)
    talk.expect('accepted', first).think().sayInstead(talk.topic.nextWording)
    talk.reply(talk.ask(), talk.topic.nextAnswers[0]).expect('rephrase', second)
  },
  'ask the same again below the answer': (talk) => {
    const first = opened(talk)
    const { question } = talk.topic
    const again = [question, question.toUpperCase(), `${question} Please read carefully.`, `Again: ${question}`][Math.floor(talk.random.next() * 4)] ?? question
    talk.keep(talk.topic.answer).think().say(again)
    talk.reply(talk.ask(), talk.topic.otherAnswer)
    if (talk.style.title === 'appended') talk.expect('accepted', first)
    else talk.expect('rephrase', first)
  },
  'edit a little': (talk) => {
    const first = opened(talk)
    appendedTitle(talk, first)
    followed(talk, smallEdit(talk.topic, talk.random))
    talk.expect('edit', first)
  },
  'edit a lot': (talk) => {
    const first = opened(talk)
    appendedTitle(talk, first)
    followed(talk, largeEdit(talk.topic, talk.random))
    talk.expect('edit', first)
  },
  'accept and go on': (talk) => {
    const first = opened(talk)
    const second = followed(talk, talk.topic.answer)
    followed(talk, talk.topic.nextAnswers[0], 1)
    talk.expect('accepted', first).expect('accepted', second)
  },
  'another topic in the same conversation': (talk) => {
    const first = opened(talk)
    talk.keep(talk.topic.answer).think().say(talk.topic.elsewhere)
    talk.reply(talk.ask(), 'Here you are.').expect('accepted', first)
  },
  'another topic in a new conversation': (talk) => {
    const first = opened(talk)
    talk.startOver().think().say(talk.topic.elsewhere)
    talk.reply(talk.ask(), 'Here you are.')
    if (talk.style.title === 'appended') talk.expect('accepted', first)
    else if (talk.messages().every(({ role }) => role !== 'assistant') && talk.style.who('').sessionId !== undefined) talk.expect('went_on', first)
  },
  'an SDK retries by itself': (talk) => {
    talk.say(talk.topic.question)
    const first = talk.ask({ retryCount: 0, requestId: 'same id' })
    if (talk.random.next() < 0.5) talk.reply(first, '', 0, 'failed')
    else talk.wait(10_000).abandon(first).expect('abandoned', first)
    talk.wait(700)
    const second = talk.random.next() < 0.5 ? talk.ask({ retryCount: 1 }) : talk.ask({ requestId: 'same id' })
    talk.reply(second, talk.topic.answer)
    followed(talk, talk.topic.answer)
    talk.expect('accepted', second)
  },
  'a program retries after an error': (talk) => {
    talk.say(talk.topic.question)
    talk.reply(talk.ask(), '', 0, 'failed').wait(2_000)
    talk.reply(talk.ask(), '', 0, 'failed').wait(4_000)
    const third = talk.ask()
    talk.reply(third, talk.topic.answer)
    followed(talk, talk.topic.answer)
    talk.expect('accepted', third)
  },
  'several samples at once': (talk) => {
    talk.say(talk.topic.question)
    const calls = [talk.ask(), talk.program().ask(), talk.program().ask(), talk.program().ask()]
    const texts = [talk.topic.answer, talk.topic.otherAnswer, ...talk.topic.nextAnswers]
    for (const [index, call] of calls.entries()) talk.reply(call, texts[index] ?? '')
    // A pool of four: the next sample starts when a place is free.
    talk.reply(talk.program().ask(), talk.topic.otherAnswer)
    followed(talk, talk.topic.otherAnswer)
    const picked = calls[1]
    if (picked !== undefined) talk.expect('accepted', picked)
  },
  'branches side by side': (talk) => {
    const first = opened(talk)
    talk.keep(talk.topic.answer).think().say(talk.topic.next[0])
    const one = talk.ask()
    const two = talk.program().sayInstead(talk.topic.nextWording).ask()
    const three = talk.program().sayInstead(talk.topic.next[1]).ask()
    for (const [call, text] of [[two, talk.topic.nextAnswers[0]], [one, talk.topic.nextAnswers[0]], [three, talk.topic.nextAnswers[1]]] as const) talk.reply(call, text)
    talk.expect('accepted', first)
  },
  'a tool loop': (talk) => {
    talk.say(talk.topic.question)
    const [first, second, third] = [0, 1, 2].map((round) => {
      const call = talk.ask()
      if (round === 2) talk.reply(call, talk.topic.answer)
      else talk.reply(call, round === 0 ? 'Let me look.' : '', 1).keepToolCall(`call_${round}`, 'search', JSON.stringify({ query: talk.topic.family, round }), talk.topic.nextAnswers[0]).program()
      return call
    })
    followed(talk, talk.topic.answer)
    for (const call of [first, second]) if (call !== undefined) talk.expect('went_on', call)
    if (third !== undefined) talk.expect('accepted', third)
  },
  'stop reading': (talk) => {
    talk.say(talk.topic.question)
    const call = talk.ask()
    talk.output(call, talk.topic.answer.slice(0, 60)).click().abandon(call).expect('abandoned', call)
  },
  'stop and regenerate': (talk) => {
    talk.say(talk.topic.question)
    const call = talk.ask()
    talk.output(call, talk.topic.answer.slice(0, 60)).click()
    const early = talk.random.next() < 0.3
    if (!early) talk.abandon(call).click()
    const again = talk.ask()
    if (early) talk.wait(30).abandon(call)
    talk.reply(again, talk.topic.otherAnswer).expect('abandoned', call).expect('retry', call)
  },
  'forget the beginning': (talk) => {
    const first = opened(talk)
    const second = followed(talk, talk.topic.answer)
    talk.keep(talk.topic.nextAnswers[0]).shorten(2).think().say(talk.topic.next[1])
    talk.reply(talk.ask(), talk.topic.nextAnswers[1]).expect('accepted', first).expect('accepted', second)
  },
}
