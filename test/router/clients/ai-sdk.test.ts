import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateText, isStepCount, jsonSchema, Output, streamText, tool, type LanguageModel } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WIRES } from '../../../core/model-request.ts'
import { CITY, clientWorld, isAnswer, QUESTION, targetOn, TWO_CALLS, type ClientWorld } from './world.ts'

// The SDK warns of model names it does not know; ours are targets.
globalThis.AI_SDK_LOG_WARNINGS = false

let world: ClientWorld
beforeAll(async () => {
  world = await clientWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.counting.count = 0
})

type City = { readonly city: string }
const schema = jsonSchema<City>({ ...CITY, required: [...CITY.required] })

/** The ways of the AI SDK to a model, each through another surface of the router. */
const WAYS: readonly (readonly [string, string, (model: string) => LanguageModel])[] = [
  ['@ai-sdk/openai responses', 'responses', (model) => createOpenAI({ baseURL: `${world.url}/v1`, apiKey: 'anything', fetch: world.counting.fetch }).responses(model)],
  ['@ai-sdk/openai chat', 'chat', (model) => createOpenAI({ baseURL: `${world.url}/v1`, apiKey: 'anything', fetch: world.counting.fetch }).chat(model)],
  ['@ai-sdk/anthropic', 'messages', (model) => createAnthropic({ baseURL: `${world.url}/v1`, apiKey: 'anything', fetch: world.counting.fetch })(model)],
]

describe.each(WAYS)('ai with %s', (_name, surface, make) => {
  describe.each(WIRES)('over %s', (wire) => {
    it('generates text with usage', async () => {
      const answer = await generateText({ model: make(targetOn(wire)), prompt: QUESTION })
      expect(answer.text).toSatisfy(isAnswer)
      expect(answer.finishReason).toBe('stop')
      expect(answer.usage.outputTokens).toBeGreaterThan(0)
    })

    it('streams text', async () => {
      const answer = streamText({ model: make(targetOn(wire)), prompt: QUESTION })
      let text = ''
      for await (const piece of answer.textStream) text += piece
      expect(text).toSatisfy(isAnswer)
      expect(await answer.finishReason).toBe('stop')
      expect((await answer.usage).outputTokens).toBeGreaterThan(0)
    })

    it.each([false, true])('runs two tools at once and goes on from their results, streamed: %s', async (streamed) => {
      const asked: string[] = []
      const weather = tool({
        inputSchema: schema,
        execute({ city }) {
          asked.push(city)
          return 'Rain.'
        },
      })
      const settings = { model: make(targetOn(wire)), prompt: TWO_CALLS, tools: { weather }, stopWhen: isStepCount(3) }
      const answer = streamed ? streamText(settings) : await generateText(settings)
      expect(await answer.text).toBeTruthy()
      expect(asked.toSorted()).toEqual(['Oslo', 'Rome'])
      expect((await answer.steps).length).toBe(2)
    })

    it('gets structured output', async () => {
      const answer = await generateText({ model: make(targetOn(wire)), prompt: QUESTION, output: Output.object({ schema }) })
      expect(answer.output).toEqual({ city: expect.any(String) })
    })

    it('fails with the status of the provider, without retries that would multiply ours', async () => {
      const error: unknown = await generateText({ model: make(targetOn(wire, 'bad_request_400', surface)), prompt: QUESTION }).catch((thrown: unknown) => thrown)
      expect(APICallError.isInstance(error) ? error.statusCode : error).toBe(400)
      expect(world.counting.count).toBe(1)
    })

    it('sees an error where a stream breaks', async () => {
      const errors: unknown[] = []
      const answer = streamText({ model: make(targetOn(wire, 'overloaded_mid_stream', surface)), prompt: QUESTION, onError: ({ error }) => void errors.push(error) })
      const parts: string[] = []
      for await (const part of answer.fullStream) parts.push(part.type)
      expect(parts).toContain('error')
      expect(errors.length).toBeGreaterThan(0)
    })
  })
})
