#!/usr/bin/env bash
# swift-tests.sh SECONDS DIRECTORY [OPTION...]: runs the tests that a package has been built to, in DIRECTORY, for no longer than
# SECONDS. `swift test` has them in a session of their own, where they go on when it is ended, beside all that is run next.
set -euo pipefail
exec timeout "$1" "$2"/*PackageTests.xctest "${@:3}"
