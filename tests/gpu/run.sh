#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh OUT: what build.sh made, on the card of this machine: parity of every kernel and of a training, kernels and kill -9 of a worker, memory checked by
# compute-sanitizer, torch as an oracle and beside it, figures. What it prints stands in OUT/*.txt too; what is not there is said. Ends with
# 1 when something failed, 77 when there is no card.
set -u
out=$(cd "${1:?where build.sh built: run.sh OUT}" && pwd) || exit 2
cd "$(dirname "$0")"
failed=0

# step NAME COMMAND...: its output in OUT/NAME.txt and here.
step() {
    name=$1
    shift
    begin=$(date +%s)
    "$@" >"$out/$name.txt" 2>&1
    code=$?
    cat "$out/$name.txt"
    echo "== $name: exit $code after $(($(date +%s) - begin)) s"
    [ $code -eq 0 ] || failed=1
    return $code
}

{
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit,temperature.gpu --format=csv || true
    uname -m
    date -u
} >"$out/machine.txt" 2>&1
cat "$out/machine.txt"

for bits in 32 64; do
    step parity-$bits "$out/parity-$bits" --dump "$out"
    [ $? -ne 77 ] || exit 77
done

for bits in 32 64; do
    step worker-$bits "$out/worker-$bits" "$out/agon-gpu"
done

before=$failed
step own "$out/own" "$out/agon-gpu"
if [ $? -eq 77 ]; then
    failed=$before
    echo "== own: not run: no NVRTC (AGON_NVRTC names another than the system's)"
fi

has_torch=
if python3 -c 'import torch' 2>/dev/null; then
    has_torch=yes
    step oracle python3 oracle.py "$out/model-32.bin" "$out/model-64.bin"
    CUBLAS=${CUBLAS:-$(python3 - <<'EOF'
import glob, os, torch
base = os.path.dirname(os.path.dirname(torch.__file__))
print(next(iter(sorted(glob.glob(base + "/nvidia/**/libcublas.so.1*", recursive=True))), ""))
EOF
    )}
else
    echo "== oracle: not run: no torch"
    CUBLAS=${CUBLAS:-}
fi
export CUBLAS

for bits in 32 64; do
    step bench-$bits "$out/bench-$bits"
done
[ -z "$has_torch" ] || step torch_bench python3 torch_bench.py

if command -v compute-sanitizer >/dev/null; then
    step memcheck-32 timeout 60 compute-sanitizer --tool memcheck --error-exitcode 9 "$out/parity-32" --small
    step memcheck-64 timeout 60 compute-sanitizer --tool memcheck --error-exitcode 9 "$out/parity-64" --small
    step racecheck-32 timeout 60 compute-sanitizer --tool racecheck --error-exitcode 9 "$out/parity-32" --small
else
    echo "== memcheck: not run: no compute-sanitizer"
fi
[ $failed -eq 0 ] && echo "ALL GOOD" || echo "SOMETHING FAILED"
exit $failed
