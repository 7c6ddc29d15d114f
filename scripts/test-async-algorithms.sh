#!/usr/bin/env bash
# What swift-async-algorithms makes of Tenon's streams; and its own tests, in a process that is owned by a loop with a pool: they are
# code that was written for many threads. Its sources are fetched, and Tenon is added to what its tests link.
set -euo pipefail
cd "$(dirname "$0")/.."
# In a package of its own, so that Tenon depends on nothing.
operators=(--package-path Tests/AsyncAlgorithms --scratch-path .build-operators)
swift build --build-tests "${operators[@]}"
scripts/swift-tests.sh 300 "$(swift build --show-bin-path "${operators[@]}")" --testing-library swift-testing
version=1.1.4
build=$PWD/.build-async-algorithms
source=$build/$version
if [ ! -d "$source" ]; then
  mkdir -p "$build"
  rm -rf "$source.part"
  git clone --quiet --depth 1 --branch "$version" https://github.com/apple/swift-async-algorithms "$source.part"
  mv "$source.part" "$source"
fi
cd "$source"
git checkout --quiet -- .
rm -rf Sources/Owned Sources/OwnedStart
cp -r ../../Tests/AsyncAlgorithms/Owned/Owned Sources/Owned
cp -r ../../Tests/AsyncAlgorithms/Owned/Start Sources/OwnedStart
# What two of its targets use, and do not import.
cp Sources/AsyncAlgorithms/Locking.swift Sources/AsyncSequenceValidation/
cp Sources/AsyncAlgorithms/Locking.swift Tests/AsyncAlgorithmsTests/
cat >> Package.swift << 'END'

package.products.removeAll { $0.name == "AsyncStreaming" }
package.targets.removeAll { $0.name.hasPrefix("AsyncStreaming") }
package.dependencies.append(.package(name: "tenon", path: "../.."))
package.targets.append(.target(name: "OwnedStart"))
package.targets.append(
  .target(name: "Owned", dependencies: ["OwnedStart", .product(name: "Tenon", package: "tenon")]))
for target in package.targets where target.name == "AsyncAlgorithmsTests" {
  target.dependencies.append("Owned")
}
END
swift build --build-tests --scratch-path "$build/swift"
../../scripts/swift-tests.sh 300 "$(swift build --show-bin-path --scratch-path "$build/swift")"
