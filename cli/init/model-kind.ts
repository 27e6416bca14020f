// What a model does, from its name alone: a list of models says no more. Pure. Guesses, for a file that a person reads afterwards.

/** A model's use here; `other`: neither chats nor makes vectors (speech, pictures, ranking, moderation). */
export type ModelKind = 'chat' | 'embedding' | 'other'

/** Parts of a name, between its separators, that say it ranks, listens, speaks, draws or judges. */
const OTHER = /(?:^|[-_./:])(?:re-?rank(?:er)?|whisper|tts|transcribe|dall-e|gpt-image|imagen|moderation|realtime|sora)(?=[-_./:\d]|$)/i
/**
 * `embed` anywhere (text-embedding-3-small, nomic-embed-text, embeddinggemma), or a family of embedding models as a part of the
 * name: bge, gte, e5, MiniLM, mpnet, LaBSE, voyage, or the publisher sentence-transformers.
 */
const EMBEDDING = /embed(?!ded)|(?:^|[-_./:])(?:bge|gte|e5|minilm|mpnet|labse|voyage|sentence-transformers)(?=[-_./:]|$)/i

/** Rankers first, since they carry the names of the embedding families they belong to. */
export function modelKind(model: string): ModelKind {
  if (OTHER.test(model)) return 'other'
  return EMBEDDING.test(model) ? 'embedding' : 'chat'
}
