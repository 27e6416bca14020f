// What a grader's name says of it.

/** Whether a grader needs no judge; graders name themselves so (`…-offline@version`). */
export function isOfflineGrader(grader: string): boolean {
  return /offline/.test(grader)
}
