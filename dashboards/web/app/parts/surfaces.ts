// The APIs a call may come in by, as the router's rules name them; kept here so that the pages need not load the rules' schema.
import type { RuleSurface } from '../../../../core/task-rules.ts'

export const SURFACES = ['chat', 'responses', 'messages'] as const satisfies readonly RuleSurface[]
