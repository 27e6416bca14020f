"""Every API of the router through the official Python clients; run by python-clients.sh. Exits non-zero on the first failure."""
import json
import os
import sys

import anthropic
import openai

ROUTER = os.environ["ROUTER"]
TARGETS = ["via-chat", "via-responses", "via-messages", "via-gemini"]
QUESTION = "What is the capital of France?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "people": {"type": "integer"}}, "required": ["city", "people"], "additionalProperties": False}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}

oai = openai.OpenAI(base_url=f"{ROUTER}/v1", api_key="unused")
claude = anthropic.Anthropic(base_url=ROUTER, api_key="unused")
done = 0


def check(what, holds, seen=""):
    global done
    if not holds:
        sys.exit(f"FAILED {what}: {seen!r}")
    done += 1
    print(f"ok  {what}")


for target in TARGETS:
    user = [{"role": "user", "content": QUESTION}]
    calling = [{"role": "user", "content": "call:weather call:time"}]

    # Chat Completions
    plain = oai.chat.completions.create(model=target, messages=user)
    text = plain.choices[0].message.content
    check(f"chat {target} plain", text and plain.usage.completion_tokens > 0 and plain.choices[0].finish_reason == "stop", plain)
    chunks = list(oai.chat.completions.create(model=target, messages=user, stream=True, stream_options={"include_usage": True}))
    streamed = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    check(f"chat {target} streamed", streamed and chunks[-1].usage is not None, streamed)
    tools = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in ("weather", "time")]
    called = oai.chat.completions.create(model=target, messages=calling, tools=tools)
    calls = called.choices[0].message.tool_calls or []
    check(f"chat {target} two tools at once", sorted(c.function.name for c in calls) == ["time", "weather"] and all(json.loads(c.function.arguments) is not None for c in calls), called)
    back = calling + [called.choices[0].message.model_dump(exclude_none=True)] + [{"role": "tool", "tool_call_id": c.id, "content": "sunny"} for c in calls]
    check(f"chat {target} after the tools", oai.chat.completions.create(model=target, messages=back, tools=tools).choices[0].message.content)
    shaped = oai.chat.completions.create(model=target, messages=user, response_format={"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": SCHEMA}})
    check(f"chat {target} structured", isinstance(json.loads(shaped.choices[0].message.content)["people"], int), shaped)

    # Responses
    whole = oai.responses.create(model=target, input=QUESTION)
    check(f"responses {target} plain", whole.output_text and whole.status == "completed" and whole.usage.output_tokens > 0, whole)
    with oai.responses.stream(model=target, input=QUESTION) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    check(f"responses {target} streamed", deltas and deltas == final.output_text, deltas)
    functions = [{"type": "function", "name": name, "parameters": PARAMETERS, "strict": True} for name in ("weather", "time")]
    made = oai.responses.create(model=target, input="call:weather call:time", tools=functions)
    check(f"responses {target} two tools at once", sorted(i.name for i in made.output if i.type == "function_call") == ["time", "weather"], made)
    form = oai.responses.create(model=target, input=QUESTION, text={"format": {"type": "json_schema", "name": "city", "strict": True, "schema": SCHEMA}})
    check(f"responses {target} structured", isinstance(json.loads(form.output_text)["city"], str), form)

    # Messages
    message = claude.messages.create(model=target, max_tokens=4000, messages=user)
    check(f"messages {target} plain", message.content[-1].text and message.stop_reason == "end_turn" and message.usage.output_tokens > 0, message)
    with claude.messages.stream(model=target, max_tokens=4000, messages=user) as stream:
        pieces = "".join(stream.text_stream)
        end = stream.get_final_message()
    check(f"messages {target} streamed", pieces and pieces == "".join(b.text for b in end.content if b.type == "text"), pieces)
    blocks = [{"name": name, "input_schema": PARAMETERS} for name in ("weather", "time")]
    used = claude.messages.create(model=target, max_tokens=4000, messages=calling, tools=blocks)
    uses = [b for b in used.content if b.type == "tool_use"]
    check(f"messages {target} two tools at once", sorted(b.name for b in uses) == ["time", "weather"] and used.stop_reason == "tool_use", used)
    results = [{"type": "tool_result", "tool_use_id": b.id, "content": "sunny"} for b in uses]
    after = claude.messages.create(model=target, max_tokens=4000, tools=blocks, messages=calling + [{"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in used.content]}, {"role": "user", "content": results}])
    check(f"messages {target} after the tools", any(b.type == "text" and b.text for b in after.content), after)
    check(f"messages {target} counts tokens", claude.messages.count_tokens(model=target, messages=user).input_tokens > 0)

check("models, OpenAI's list", "via-chat" in [m.id for m in oai.models.list()])
check("models, Anthropic's list", "via-chat" in [m.id for m in claude.models.list()])
vectors = oai.embeddings.create(model="vectors", input=["one", "two"])
check("embeddings", len(vectors.data) == 2 and len(vectors.data[0].embedding) > 0 and vectors.usage.prompt_tokens > 0)

try:
    oai.chat.completions.create(model="no-such-name", messages=[{"role": "user", "content": "x"}])
    check("unknown model raises", False)
except openai.NotFoundError as error:
    check("unknown model raises NotFoundError", error.request_id)
try:
    claude.messages.create(model="missing", max_tokens=5, messages=[{"role": "user", "content": "x"}], extra_headers={"x-weighbridge-failover": "off"})
    check("unknown model at the provider raises", False)
except anthropic.NotFoundError as error:
    check("unknown model at the provider raises NotFoundError", error.body["type"] == "error")
try:
    claude.messages.create(model="refused", max_tokens=5, messages=[{"role": "user", "content": "x"}], extra_headers={"x-weighbridge-failover": "off"})
    check("a rate limit raises", False)
except anthropic.RateLimitError as error:
    check("a rate limit raises RateLimitError, not retried by the client", error.response.headers["x-should-retry"] == "false")
try:
    oai.chat.completions.create(model="via-messages", messages=[{"role": "user", "content": "x"}], logprobs=True, extra_headers={"x-weighbridge-failover": "off"})
    check("untranslatable raises", False)
except openai.BadRequestError as error:
    check("what cannot be translated raises BadRequestError and is named", "logprobs" in str(error), str(error))
print(f"{done} checks with openai {openai.__version__} and anthropic {anthropic.__version__}")
