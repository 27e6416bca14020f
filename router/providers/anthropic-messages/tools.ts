// Tools and the choice between them → `tools` and `tool_choice` of a Messages request. Pure.
import type { ModelRequest, ToolDefinition } from '../../../core/model-request.ts'
import { isObject, type JsonObject } from '../json.ts'
import { strictLimits, strictSubset } from '../json-schema/strict-subset.ts'
import { calledTools } from '../turns.ts'
import type { ModelRules } from './models.ts'

/** Tool names the API takes. */
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/

/** Whether the model must call a tool. */
export function forcesTool(request: ModelRequest): boolean {
  return request.tools.length > 0 && (request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool')
}

/** Whether a tool's schema can be held to strictly: the constrained decoder has the same limits as for answers. */
export function strictFits(tool: ToolDefinition, rules: ModelRules): boolean {
  return rules.structured && strictLimits(tool.schema) === undefined
}

/** `tools` and `tool_choice`; empty without tools. */
export function toolSettings(request: ModelRequest, rules: ModelRules): JsonObject {
  if (request.tools.length === 0) return toolsOfHistory(request)
  const tools = request.tools.map((tool) => {
    const strict = tool.strict === true && strictFits(tool, rules)
    return {
      name: tool.name,
      ...(tool.description === undefined || tool.description === '' ? {} : { description: tool.description }),
      input_schema: strict ? strictSubset(tool.schema) : inputSchema(tool.schema),
      ...(strict ? { strict: true } : {}),
      ...(tool.cache === undefined ? {} : { cache_control: tool.cache === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' } }),
    }
  })
  const choice = toolChoice(request)
  return choice === undefined ? { tools } : { tools, tool_choice: choice }
}

/** The API wants an object at the top, also for a tool without parameters. */
function inputSchema(schema: unknown): JsonObject {
  if (!isObject(schema)) return { type: 'object', properties: {} }
  return schema['type'] === 'object' ? schema : { ...schema, type: 'object' }
}

function toolChoice(request: ModelRequest): JsonObject | undefined {
  const single = request.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  const choice = request.toolChoice
  if (choice === undefined) return request.parallelToolCalls === false ? { type: 'auto', ...single } : undefined
  if (choice.kind === 'none') return { type: 'none' }
  if (choice.kind === 'tool') return { type: 'tool', name: choice.name, ...single }
  return { type: choice.kind === 'required' ? 'any' : 'auto', ...single }
}

/** A conversation with tool calls needs their tools declared, even when the client offers none any more. */
function toolsOfHistory(request: ModelRequest): JsonObject {
  const names = calledTools(request.messages)
  if (names.length === 0) return {}
  return { tools: names.map((name) => ({ name, input_schema: { type: 'object' } })), tool_choice: { type: 'none' } }
}
