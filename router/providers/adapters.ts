// Which adapter speaks which wire format; a new format is one row here and one folder beside openai-chat/.
import type { Provider } from '../../core/config.ts'
import type { Adapter } from './adapter.ts'
import { openaiChat } from './openai-chat/adapter.ts'

/** The adapter of each `api` a provider may be configured with. */
export const ADAPTERS = { 'openai-chat': openaiChat } as const satisfies Record<Provider['api'], Adapter>
