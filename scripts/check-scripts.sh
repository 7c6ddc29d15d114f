#!/usr/bin/env bash
# Scripts parse; and with pipefail no reader leaves before its writer has written all, which then fails of a
# broken pipe: only sometimes, on another machine.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t scripts < <(git grep -lE '^#!.*\b(ba)?sh$' -- scripts packaging Tests bench examples-c examples-cpp .ci)
for script in "${scripts[@]}"; do bash -n "$script"; done
mapfile -t strict < <(grep -lE '^set -.*e.*pipefail' "${scripts[@]}")
if grep -nE '\| *(grep (-[[:alpha:]]+ )*-[[:alpha:]]*[qm]|head\b|sed [^|]*[0-9;]q\b)' "${strict[@]}" /dev/null |
  grep -v '^scripts/check-scripts.sh:'; then
  echo 'check-scripts: let these read to the end: grep >/dev/null, sed -n 1p' >&2
  exit 1
fi
echo "check-scripts: ${#scripts[@]} scripts parse, and read to the end"
