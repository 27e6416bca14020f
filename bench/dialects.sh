#!/usr/bin/env bash
# Records again what instrumentation libraries send, opt-in and outside the tests: installs them from npm into a folder of their own,
# lets them watch calls to the simulated providers, and writes test/collector/dialects/*.json. Compare with git diff before committing.
#   bash bench/dialects.sh [WORK_DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
port=${SIM_PORT:-24190}
node=$root/node_modules/.bin/node
out=$root/test/collector/dialects
mkdir -p "$work/now" "$work/old" "$out"
stop() { for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap stop EXIT

install() { # FOLDER PACKAGE…
  local folder=$1
  shift
  [ -d "$work/$folder/node_modules" ] && return
  echo '{"private":true,"type":"module"}' >"$work/$folder/package.json"
  (cd "$work/$folder" && npm install --silent --no-audit --no-fund "$@")
}
install now @traceloop/instrumentation-openai@0.27.0 @arizeai/openinference-instrumentation-openai@4.2.7 @opentelemetry/instrumentation-openai@0.21.0 openlit@1.15.0 \
  @ai-sdk/otel@1.0.173 ai@7.0.173 @ai-sdk/openai openai@5.23.2 @opentelemetry/sdk-trace-node @opentelemetry/instrumentation @opentelemetry/otlp-transformer
install old @traceloop/instrumentation-openai@0.13.0 openai@4.104.0 @opentelemetry/sdk-trace-node@1.30.1 @opentelemetry/instrumentation@0.57 @opentelemetry/otlp-transformer@0.57 @opentelemetry/resources@1

WEIGHBRIDGE_SIM_TIME_SCALE=0 "$node" --disable-warning=ExperimentalWarning "$root/cli/main.ts" sim --port "$port" >"$work/sim.log" 2>&1 &
for _ in $(seq 60); do curl -fsS -m 2 "http://127.0.0.1:$port/openai/v1/models" >/dev/null 2>&1 && break; sleep 0.5; done

record() { # FOLDER LIBRARY NAME
  (cd "$work/$1" && "$node" "$root/bench/dialects/record.mjs" "$2" "http://127.0.0.1:$port/openai/v1" 2>"$work/$3.log") >"$work/$3.json" || { tail -5 "$work/$3.log" >&2; exit 4; }
  mv "$work/$3.json" "$out/$3.json"
  echo "$3: $(wc -c <"$out/$3.json") bytes"
}
record now otel-genai otel-genai
record now openllmetry openllmetry
record old openllmetry-old openllmetry-old
record now openinference openinference
record now openlit openlit
record now vercel-ai vercel-ai
DIALECT_LEGACY=1 record now vercel-ai vercel-ai-legacy
