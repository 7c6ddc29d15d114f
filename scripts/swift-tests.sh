#!/usr/bin/env bash
# swift-tests.sh SECONDS LIBRARY DIRECTORY [OPTION...]: runs the tests that a package has been built to, in DIRECTORY, for no longer
# than SECONDS. `swift test` has them in a session of their own, where they go on when it is ended, beside all that is run next.
set -euo pipefail
seconds=$1 library=$2 directory=$3
shift 3
case $library in
swift-testing) set -- --testing-library swift-testing "$@" ;;
xctest) ;;
*) echo "swift-tests: no library $library" >&2 && exit 1 ;;
esac
exec timeout "$seconds" "$directory"/*PackageTests.xctest "$@"
