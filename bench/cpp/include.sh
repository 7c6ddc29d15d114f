#!/usr/bin/env bash
# (k) What a header costs a file that needs little of it: to compile, and in its object.
#   include SUBJECT ITERATIONS VARIANT (0: milliseconds, 1: bytes of code and data)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
promise='int answer() { L::promise<int> p; L::future<int> f = p.get_future(); p.set_value(42); return f.get(); }'
case $1 in
  none) echo 'int answer() { return 42; }' ;;
  std) printf '#include <future>\n%s\n' "${promise//L::/std::}" ;;
  tenon) printf '#include <tenon/tenon.hpp>\n%s\n' "${promise//L::/tenon::}" ;;
  asio)
    printf '#include <utility>\n#include <boost/asio.hpp>\n%s\n' \
      'int answer() { boost::asio::io_context c; int n = 0; boost::asio::post(c, [&] { n = 42; }); c.run(); return n; }'
    ;;
  *)
    echo "include: no subject \"$1\"" >&2
    exit 2
    ;;
esac > "$work/file.cpp"
start_ns=$(date +%s%N)
for ((i = 0; i < $2; i++)); do
  "${CXX:-g++}" -std=c++20 -O2 -I"$TENON_PREFIX/include" -c "$work/file.cpp" -o "$work/file.o"
done
end_ns=$(date +%s%N)
if [ "$3" = 0 ]; then
  value=$(((end_ns - start_ns) / $2 / 1000000))
else
  value=$(size "$work/file.o" | awk 'NR == 2 { print $1 + $2 }')
fi
printf '{"workload": "include", "subject": "%s", "value": %d}\n' "$1" "$value"
