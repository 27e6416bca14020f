// Errors in OpenAI's shape, for Chat Completions, Responses and every route that is nobody's surface. Pure.
import type { WeighbridgeError } from '../../../../core/errors.ts'
import type { ShownError } from '../../../providers/adapter.ts'
import type { JsonObject } from '../../../providers/json.ts'

/**
 * `{ error: { message, type, param, code } }`. `shown` is a provider's own error: it reaches the client whose request it is
 * about, beside our code and remedy, which stand in the member `weighbridge`. `requestId` may be empty where there is none.
 */
export function openaiErrorBody(error: WeighbridgeError, shown: ShownError | undefined, requestId: string): { error: JsonObject } {
  const param = shown?.param ?? error.details?.['param'] ?? null
  return {
    error: {
      message: shown?.message ?? `${error.message} ${error.remedy}`,
      type: shown?.type ?? error.answer.type,
      param,
      code: shown?.code ?? error.code,
      weighbridge: ourSide(error, requestId),
    },
  }
}

/** What we say of an error beside the API's own members. */
export function ourSide(error: WeighbridgeError, requestId: string): JsonObject {
  return {
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(requestId === '' ? {} : { request_id: requestId }),
  }
}
