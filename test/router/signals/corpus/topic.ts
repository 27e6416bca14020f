// What the corpus talks about: questions with other wordings of them, answers, follow-ups. Written by hand; types only.

/** One family of texts. A family belongs to one half of the corpus. */
export type Topic = {
  readonly family: string
  readonly question: string
  /** The same question in other words, as people ask again. */
  readonly wordings: readonly [string, string, string]
  readonly answer: string
  /** What another try would answer. */
  readonly otherAnswer: string
  /** Questions that follow from the answer and are not the same question. */
  readonly next: readonly [string, string]
  readonly nextAnswers: readonly [string, string]
  /** Another wording of `next[0]`. */
  readonly nextWording: string
  /** A person's own sentence, put in place of one of the answer's. */
  readonly ownSentence: string
  /** Something else altogether. */
  readonly elsewhere: string
}
