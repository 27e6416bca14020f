// Ways in which applications use a model: who they say they are, what they put around a question, what they send back. The two
// halves of the corpus have different ones.
import type { Who } from './dialogue.ts'
import type { Topic } from './topic.ts'

export type Style = {
  readonly name: string
  readonly who: (dialogue: string) => Who
  readonly system: (atMs: number, topic: Topic) => string | undefined
  /** The question as it is sent when it is asked. */
  readonly question: (text: string, topic: Topic) => string
  /** The same question in later requests. */
  readonly past: (text: string, topic: Topic) => string
  /** An answer as it comes back, unchanged as far as a person goes. */
  readonly back: (answer: string) => string
  /** Messages kept of a conversation. */
  readonly window: number
  readonly tools: readonly string[]
  /** A call of the application's own after the first answer. */
  readonly title: 'none' | 'quoted' | 'appended'
  /** Whether the conversation stays with the provider, and a request goes on from an answer by its id. */
  readonly stored: boolean
}

const same = (text: string): string => text
const nobody = { keyId: 'key_app', userId: undefined, sessionId: undefined }

/** What a retriever finds: the topic's own passages, which of them and in which order depends on the wording. */
function retrieved(text: string, topic: Topic, count: number): string {
  const passages = [topic.answer, topic.otherAnswer, ...topic.nextAnswers].flatMap((answer) => answer.split(/(?<=[.。])\s*/)).filter((passage) => passage.length > 8)
  const start = text.length % 3
  return Array.from({ length: Math.min(count, passages.length) }, (_, index) => `[${index + 1}] ${passages[(start + index) % passages.length]}`).join('\n')
}

const plain: Style = { name: '', who: () => nobody, system: () => undefined, question: same, past: same, back: same, window: 99, tools: [], title: 'none', stored: false }

export const DEV_STYLES: readonly Style[] = [
  {
    ...plain,
    name: 'chat with sessions',
    who: (dialogue) => ({ keyId: 'key_chat', userId: undefined, sessionId: `chat-${dialogue}` }),
    system: (atMs) => `You are a friendly assistant in a chat application. Answer briefly and in the language of the user. The time is ${new Date(atMs).toISOString()}.`,
    back: (answer) => answer.trim(),
  },
  { ...plain, name: 'own key', who: (dialogue) => ({ ...nobody, keyId: `key_${dialogue}` }) },
  {
    ...plain,
    name: 'retrieval in the question',
    who: (dialogue) => ({ keyId: 'key_rag', userId: `reader-${dialogue}`, sessionId: undefined }),
    system: () => 'Answer from the given passages only and quote their numbers. Say that you do not know when they do not contain the answer.',
    question: (text, topic) => `Passages:\n${retrieved(text, topic, 5)}\n\nQuestion: ${text}`,
    past: same,
  },
  {
    ...plain,
    name: 'editor agent',
    who: (dialogue) => ({ keyId: 'key_ide', userId: `user_8f1_session_${dialogue}`, sessionId: undefined }),
    system: () => `You are a coding agent inside an editor. ${'Use the tools to look at files before you change them. Keep changes small. '.repeat(12)}`,
    question: (text) => `<open_file path="src/main.ts" lines="120" />\n${text}`,
    past: (text) => `<open_file path="src/main.ts" lines="120" />\n${text}`,
    tools: ['read_file', 'write_file', 'run'],
  },
]

export const TEST_STYLES: readonly Style[] = [
  {
    ...plain,
    name: 'chat with users, titles',
    who: (dialogue) => ({ keyId: 'key_web', userId: `u${dialogue}`, sessionId: undefined }),
    system: () => 'You help members of our community. Be kind, be exact, do not make things up.',
    back: (answer) => `${answer}\n`,
    title: 'quoted',
  },
  {
    ...plain,
    name: 'own key, dated instructions',
    who: (dialogue) => ({ ...nobody, keyId: `personal_${dialogue}` }),
    system: (atMs) => `Current date: ${new Date(atMs).toUTCString()}\nYou are a concise expert.`,
    back: (answer) => answer.replaceAll(/\n+/g, '\n'),
  },
  {
    ...plain,
    name: 'retrieval in the instructions',
    who: (dialogue) => ({ keyId: 'key_docs', userId: undefined, sessionId: `s-${dialogue}` }),
    system: (_atMs, topic) => `You answer questions about our handbook. Cite the section.\n\nHandbook excerpts:\n${retrieved(topic.question, topic, 6)}`,
  },
  {
    ...plain,
    name: 'editor agent, reminders',
    who: (dialogue) => ({ keyId: 'key_cli', userId: `user_5d20_account__session_${dialogue}`, sessionId: undefined }),
    system: () => `You are an interactive tool for software work in a terminal. ${'Prefer short answers. Never commit unless asked. Read before you write. '.repeat(20)}`,
    question: (text) => `${text}\n<system-reminder>The list of open tasks is empty. Do not mention this to the user.</system-reminder>`,
    past: same,
    tools: ['Bash', 'Edit', 'Grep', 'Read'],
  },
  {
    ...plain,
    name: 'support desk, short memory',
    who: (dialogue) => ({ keyId: 'key_desk', userId: `customer-${dialogue}`, sessionId: undefined }),
    system: () => 'Customer support. Tone: warm. Offer a ticket when you cannot solve the problem.',
    back: (answer) => answer.replaceAll(/[`*]/g, ''),
    window: 4,
  },
  {
    ...plain,
    name: 'chat with sessions, appended titles',
    who: (dialogue) => ({ keyId: 'key_libre', userId: 'someone', sessionId: `conversation/${dialogue}` }),
    title: 'appended',
  },
]

/** Met by no rule while it was made. */
export const CHECK_STYLES: readonly Style[] = [
  { ...plain, name: 'stored responses', who: (dialogue) => ({ keyId: 'key_state', userId: `acct-${dialogue}`, sessionId: undefined }), system: () => 'You are a tutor.', stored: true },
  {
    ...plain,
    name: 'voice',
    who: (dialogue) => ({ keyId: 'key_voice', userId: `speaker${dialogue}`, sessionId: `device-${dialogue}` }),
    system: (atMs) => `Spoken answers, two sentences. It is ${new Date(atMs).toUTCString().slice(0, 22)}.`,
    question: (text) => text.toLowerCase().replaceAll(/[?.,!¿]/g, ''),
    past: (text) => text.toLowerCase().replaceAll(/[?.,!¿]/g, ''),
  },
  {
    ...plain,
    name: 'notebook, question first',
    who: (dialogue) => ({ keyId: `key_nb_${dialogue}`, userId: undefined, sessionId: undefined }),
    question: (text, topic) => `${text}\n\nNotes so far:\n${retrieved(topic.question, topic, 4)}`,
    past: (text, topic) => `${text}\n\nNotes so far:\n${retrieved(topic.question, topic, 4)}`,
    back: (answer) => answer.replaceAll('\u2019', "'"),
  },
]
