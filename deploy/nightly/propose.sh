#!/usr/bin/env bash
# Opens a pull request with the route table that a night proposes. In: the folder that `weighbridge eval nightly` wrote, the path of
# the table in the repository, and whatever --check needs after that. Nothing is proposed twice, and nothing that is stale: the
# version in force is asked again right before the push. Needs git with a remote `origin`, and gh with a token.
#   propose.sh NIGHTLY_DIR TABLE_PATH [--table FILE]
set -euo pipefail
nightly=$1
table=$2
shift 2
proposal="$nightly/route-table.json"
weighbridge=${WEIGHBRIDGE:-weighbridge}

if [ ! -f "$proposal" ]; then
  echo "no weights move: nothing to propose"
  exit 0
fi
# shellcheck disable=SC2086 # a command with its arguments
$weighbridge eval nightly --check "$proposal" "$@" || { echo "the version in force moved since: this night proposes nothing" >&2; exit 0; }

read -r parent hash < <(sed -n 's/^<!-- weighbridge parent=\([0-9]*\) version=[0-9]* hash=\([0-9a-f]*\) -->$/\1 \2/p' "$nightly/pull-request.md")
title=$(cat "$nightly/pull-request-title.txt")
# One branch for each version to build on: a later night updates the proposal that waits, instead of adding another.
branch="weighbridge/routes-on-$parent"
if git fetch --quiet origin "$branch" 2>/dev/null && git show "FETCH_HEAD:$table" 2>/dev/null | cmp --silent - "$proposal"; then
  echo "$branch proposes this table already ($hash)"
  exit 0
fi
base=$(git rev-parse --abbrev-ref HEAD)
git switch --quiet --force-create "$branch"
trap 'git switch --quiet "$base"' EXIT
mkdir -p "$(dirname "$table")"
cp "$proposal" "$table"
git add -- "$table"
git -c user.name="${GIT_AUTHOR_NAME:-weighbridge}" -c user.email="${GIT_AUTHOR_EMAIL:-weighbridge@users.noreply.github.com}" commit --quiet --message "$title"
git push --quiet --force origin "$branch"
open=$(gh pr list --head "$branch" --state open --json number --jq '.[].number' | head -n 1)
if [ -n "$open" ]; then gh pr edit "$open" --title "$title" --body-file "$nightly/pull-request.md"
else gh pr create --base "${BASE_BRANCH:-$base}" --head "$branch" --title "$title" --body-file "$nightly/pull-request.md"; fi
