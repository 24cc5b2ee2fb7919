#!/usr/bin/env bash
# Generates from one description with fapigen and with oapi-codegen, in turn, and compares what it costs: to generate, to
# compile and to vet. Needs Linux, Go, and the Go module proxy for the peer.
#
#   scripts/peer-bench.sh [DESCRIPTION]     default: the pinned fapi_swagger.json
#   ROUNDS=5 scripts/peer-bench.sh
#
# Both write one package that is compiled alone, its dependencies cached; a comment that changes makes each build a new
# one. Memory is the peak of the largest process. Tests are left out: the peer writes none.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
spec=$(realpath "${1:-$root/fapi_swagger.json}")
rounds=${ROUNDS:-5}
tool=github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
export GOWORK=off GOBIN="$temp/bin"
cd "$root"
go install "$tool"
go build -o "$temp/bin/" ./cmd/fapigen ./scripts/measure

mkdir "$temp/ours" "$temp/peer" && cd "$temp"
cat > peer.yaml <<YAML
package: peer
output: $temp/peer/gen.go
generate: {models: true, client: true}
output-options:
  resolve-type-name-collisions: true # without it the peer refuses the description
  client-type-name: PeerClient       # without it the code for the pinned form has two things called Client
YAML
# Generates into a folder of its own each time, so that neither finds its files unchanged.
generate=$(bin/measure "$rounds" \
  'rm -rf ours/*  ours/.fapigen' "bin/fapigen --spec '$spec' --out ours --module example.com/ours" \
  'rm -f peer/gen.go' "bin/oapi-codegen -config peer.yaml '$spec'")

find ours -name '*_test.go' -delete
(cd peer && go mod init example.com/peer && go mod tidy) 2>/dev/null
ours=ours/fapi peer=peer
(cd "$ours" && go build . && go vet .) && (cd "$peer" && go build . && go vet .) # dependencies
changed() { printf 'echo "// $RANDOM$RANDOM" >> %s' "$1"; }
build=$(bin/measure "$rounds" \
  "$(changed $ours/doc.go)" "cd $ours && go build ." \
  "$(changed $peer/gen.go)" "cd $peer && go build .")
vet=$(bin/measure "$rounds" \
  "$(changed $ours/doc.go); cd $ours && go build ." "cd $ours && go vet ." \
  "$(changed $peer/gen.go); cd $peer && go build ." "cd $peer && go vet .")

count() { find "$1" -maxdepth 1 -name '*.go' -print0 | xargs -0 cat | wc "$2"; }
column() { awk -v row="$2" -v col="$3" 'NR == row {print $col}' <<< "$1"; }
row() { awk -v name="$1" -v a="$2" -v b="$3" -v spread="${4-}" 'BEGIN {printf "| %-24s | %9s | %12s | %5.2f | %s |\n", name, a, b, a / b, spread}'; }
timed() { row "$1" "$(column "$2" 1 "$3")" "$(column "$2" 2 "$3")" "${4-}"; }
spread() { awk '{printf("%s%s-%s", (NR > 1 ? "; " : ""), $2, $3)}' <<< "$1"; }

printf '%s, %s rounds, %s, %s\n\n' "$(basename "$spec")" "$rounds" "$(go env GOVERSION)" "${tool##*/}"
printf '| %-24s | %9s | %12s | %5s | %s |\n' '' fapigen oapi-codegen ratio 'spread, ours; peer'
printf '| --- | ---: | ---: | ---: | --- |\n'
timed 'generate, s' "$generate" 1 "$(spread "$generate")"
timed 'generate, MiB' "$generate" 4
row 'lines of Go' "$(count $ours -l)" "$(count $peer -l)"
row 'bytes of Go' "$(count $ours -c)" "$(count $peer -c)"
timed 'build, s' "$build" 1 "$(spread "$build")"
timed 'build, MiB' "$build" 4
timed 'vet, s' "$vet" 1 "$(spread "$vet")"
