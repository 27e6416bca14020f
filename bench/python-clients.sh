#!/usr/bin/env bash
# The official Python clients against the router, opt-in and outside the tests: installs `openai` and `anthropic` from PyPI,
# starts the simulated providers and a router, and calls every API at a target of every wire: plain, streamed, tools,
# structured output, embeddings, errors. Prints one line a check and fails on the first that does not hold.
#   bash bench/python-clients.sh [WORK_DIR]        needs python3
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
sim=${SIM_PORT:-4191}
router=${ROUTER_PORT:-4101}
mkdir -p "$work"
cd "$work"
weighbridge=("$root/node_modules/.bin/node" --disable-warning=ExperimentalWarning "$root/cli/main.ts")
stop() { for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap stop EXIT
answers() { for _ in $(seq 120); do curl -fsS -m 2 "$1" >/dev/null 2>&1 && return; sleep 0.5; done; echo "$1 does not answer; see the logs in $work" >&2; exit 4; }

if [ ! -x venv/bin/python ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet openai anthropic
fi
cat >weighbridge.yaml <<YAML
providers:
  chat: { api: openai-chat, base_url: "http://127.0.0.1:$sim/openai/v1", simulated: true }
  responses: { api: openai-responses, base_url: "http://127.0.0.1:$sim/openai/v1", simulated: true }
  messages: { api: anthropic-messages, base_url: "http://127.0.0.1:$sim/anthropic/v1", simulated: true }
  google: { api: gemini, base_url: "http://127.0.0.1:$sim/google/v1beta", simulated: true }
targets:
  via-chat: { provider: chat, model: gpt-5.4, price: { input: 2.5, output: 15 } }
  via-responses: { provider: responses, model: gpt-5.4, price: { input: 2.5, output: 15 } }
  via-messages: { provider: messages, model: claude-opus-4.7, price: { input: 5, output: 25 } }
  via-gemini: { provider: google, model: gemini-3-flash-preview, price: { input: 0.5, output: 3 } }
  vectors: { provider: chat, model: text-embedding-3-small, kind: embedding, price: { input: 0.02, output: 0 } }
  missing: { provider: chat, model: no-such-model, price: { input: 1, output: 1 } }
  refused: { provider: messages, model: "claude-opus-4.7!rate_limit_429", price: { input: 1, output: 1 } }
chains:
  default: [{ target: via-chat }, { target: via-messages }]
YAML
WEIGHBRIDGE_SIM_TIME_SCALE=0.05 "${weighbridge[@]}" sim --port "$sim" >sim.log 2>&1 &
answers "http://127.0.0.1:$sim/v1/models"
"${weighbridge[@]}" router --port "$router" --data data >router.log 2>&1 &
answers "http://127.0.0.1:$router/readyz"
ROUTER="http://127.0.0.1:$router" venv/bin/python "$root/bench/python-clients.py"
