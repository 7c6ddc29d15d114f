#!/usr/bin/env bash
# A search example against GNU grep, on trees made to be hard and on the system's own; and each way for it to end.
#   run.sh [search | search-cpp]
set -uo pipefail
cd "$(dirname "$0")/../.."
product=${1:-search}
swift build -c release --product "$product" > /dev/null || exit 1
search=$(swift build -c release --show-bin-path)/$product
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
expect() { # name condition...
  local name=$1
  shift
  if "$@"; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "FAIL $name"
    failed=$((failed + 1))
  fi
}
same_as_grep() { # pattern directory
  "$search" "$1" "$2" 2> "$work/errors" | LC_ALL=C sort > "$work/ours"
  LC_ALL=C grep -rnIF -e "$1" "$2" 2> /dev/null | LC_ALL=C sort > "$work/theirs"
  cmp -s "$work/ours" "$work/theirs"
}
# The stats are the last lines of stderr: "name number", and perhaps words.
stat() { awk -v name="$1 " 'index($0, name) == 1 { print substr($0, length(name) + 1) + 0 }' "$work/stats"; }
ends_with() { # status; then a command
  local status=$1 got=0
  shift
  "$@" > /dev/null 2> "$work/stats" || got=$?
  [ "$got" = "$status" ]
}

tree=$work/tree
mkdir -p "$tree/deep/er" "$tree/empty"
printf 'needle at the end, no newline' > "$tree/no-newline"
printf 'needle\n\nneedle needle\n' > "$tree/lines"
: > "$tree/empty-file"
printf '\n' > "$tree/one-newline"
printf 'needle\nbinary\0needle\n' > "$tree/binary"
printf 'n\344\344dle needle \377\376\n' > "$tree/latin1"
printf 'needle \303\244\303\266 \342\202\254\n' > "$tree/utf8"
printf 'n\0e\0e\0d\0l\0e\0' > "$tree/utf16"
printf 'needle\r\nneedle\r\n' > "$tree/crlf"
head -c 3000000 /dev/zero | tr '\0' x > "$tree/long-line"
printf 'needle\nshort\n' >> "$tree/long-line"
{ head -c 98303 /dev/zero | tr '\0' y; printf '\nneedle\n'; } > "$tree/at-a-block"
{ head -c 98301 /dev/zero | tr '\0' y; printf 'needle across\nneedle\n'; } > "$tree/across-a-block"
# In a tree of its own: where grep's blocks end depends on the lines that it has read before.
mkdir "$work/late"
{ yes needle | head -20000; printf '\0'; } > "$work/late/binary-late"
printf 'needle\n' > "$tree/name with spaces"
printf 'needle\n' > "$tree/$(printf 'odd\001\377\nname')"
printf 'needle\n' > "$tree/deep/er/file"
ln -s "$tree/lines" "$tree/link-to-file"
ln -s "$tree/deep" "$tree/link-to-folder"
ln -s nowhere "$tree/broken-link"
ln -s "$tree" "$tree/deep/loop"
mkfifo "$tree/fifo"

expect hard_files_give_the_lines_of_grep same_as_grep needle "$tree"
expect a_late_null_byte_gives_the_lines_of_grep same_as_grep needle "$work/late"
expect a_folder_with_a_slash_gives_the_lines_of_grep same_as_grep needle "$tree/"
expect a_single_character_gives_the_lines_of_grep same_as_grep e "$tree"
expect the_empty_pattern_gives_the_lines_of_grep same_as_grep '' "$tree"
expect two_patterns_give_the_lines_of_grep same_as_grep $'across\nshort' "$tree"
expect usr_include_gives_the_lines_of_grep same_as_grep include /usr/include
expect usr_share_gives_the_lines_of_grep same_as_grep license /usr/share
cd "$tree" && expect a_relative_folder_gives_the_lines_of_grep same_as_grep needle . && cd - > /dev/null

expect a_match_ends_with_0 ends_with 0 "$search" --stats needle "$tree"
stats_are() { # name number
  [ "$(stat "$1")" = "$2" ] || { echo "$1 is $(stat "$1"), not $2"; return 1; }
}
# Links are not followed.
regular_files=$(find "$tree" -type f -printf x | wc -c)
expect the_stats_count_the_files stats_are files "$regular_files"
expect the_stats_count_the_matches stats_are matches "$(LC_ALL=C grep -rnIF needle "$tree" 2> /dev/null | grep -vc '^grep: ')"
# One for each file's call, and one for each time that its stream was waited for.
expect the_stats_count_the_futures_created test "$(stat 'futures created')" -ge "$regular_files"
expect the_stats_count_the_futures_settled stats_are 'futures settled' "$(stat 'futures created')"
expect the_stats_count_the_futures_cancelled stats_are 'futures cancelled' 0
expect the_stats_count_the_polls test "$(stat polls)" -gt 0
expect the_stats_count_the_wakes test "$(stat wakes)" -gt 0
expect the_stats_tell_the_time grep -qE '^elapsed [0-9]+\.[0-9]+ s$' "$work/stats"
in_threads() { # size of libuv's pool, threads
  UV_THREADPOOL_SIZE=$1 "$search" --stats needle "$tree" > /dev/null 2> "$work/stats" && stats_are threads "$2"
}
expect the_process_has_one_thread_and_libuvs_pool in_threads 1 2
expect however_large_that_is in_threads 4 5
expect no_match_ends_with_1 ends_with 1 "$search" 'never there' "$tree"
expect a_missing_folder_ends_with_2 ends_with 2 "$search" needle "$work/nothing"
expect and_says_domain_code_and_message grep -q 'no such file or directory (uv -2)' "$work/stats"
expect bad_options_end_with_2 ends_with 2 "$search" --limit 0 needle "$tree"
expect one_in_flight_is_enough test "$("$search" --max-in-flight 1 needle "$tree" 2> /dev/null | wc -l)" = \
  "$("$search" needle "$tree" 2> /dev/null | wc -l)"

expect a_limit_ends_with_0 ends_with 0 "$search" --stats --limit 5 include /usr/include
expect and_prints_no_more test "$("$search" --limit 5 include /usr/include | wc -l)" = 5
expect and_every_future_ended test "$(stat 'futures created')" = "$(stat 'futures settled')"
expect a_timeout_ends_with_124 ends_with 124 "$search" --stats --timeout-ms 20 e /usr
expect and_every_future_ended test "$(stat 'futures created')" = "$(stat 'futures settled')"
interrupted() { # Ctrl-C as soon as the first line is out
  local got=0
  coproc running { exec "$search" --stats e /usr 2> "$work/stats"; }
  local process=$running_PID
  read -r _ <&"${running[0]}"
  kill -INT "$process"
  cat <&"${running[0]}" > /dev/null
  wait "$process" || got=$?
  [ "$got" = 130 ]
}
expect an_interrupt_ends_with_130 interrupted
expect and_every_future_ended test "$(stat 'futures created')" = "$(stat 'futures settled')"

# A reader that is slow, or goes away: 160 MB in files that are all the same one.
large=$work/large
mkdir "$large"
seq -f "needle %.0f $(head -c 183 /dev/zero | tr '\0' .)" 10000 > "$large/1"
for number in $(seq 2 80); do ln "$large/1" "$large/$number"; done
mkfifo "$work/pipe"
start() { # pattern: sets `process`, and `output`, which nobody reads yet
  "$search" --stats "$1" "$large" > "$work/pipe" 2> "$work/stats" &
  process=$!
  exec {output}< "$work/pipe"
}
of_process() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$process/$1"; }
ended_with() { # status
  local got=0
  wait "$process" || got=$?
  [ "$got" = "$1" ]
}
stands_still() { # while nobody reads
  local before
  sleep 1
  before=$(of_process io rchar)
  sleep 0.3
  [ "$(of_process io rchar)" = "$before" ] && [ "$before" -lt 40000000 ]
}
peaks_below_64_mib() { # the memory that is resident
  local peak
  peak=$(of_process status VmHWM)
  [ "$peak" -gt 0 ] && [ "$peak" -lt 65536 ] || { echo "the peak is $peak KiB"; return 1; }
}
# Each file's lines are whole, and 1 to 10000 in their order, however the files take turns.
rest_is_right() {
  cat "$work/half" - <&"$output" | LC_ALL=C awk -F '[: ]' '
    NF != 5 || length($5) != 183 || $2 != ++last[$1] || $4 != $2 { exit failed = 1 }
    END { exit failed || NR != 800000 }'
}
start needle
expect while_nobody_reads_the_search_stands_still stands_still
expect and_takes_little_memory peaks_below_64_mib
head -c 80000000 <&"$output" > "$work/half"
expect and_no_more_when_half_is_read peaks_below_64_mib
expect and_all_lines_are_whole_and_in_order rest_is_right
expect and_it_ends_with_0 ended_with 0
rm "$work/half"
exec {output}<&-

stops_early() {
  "$search" --stats needle "$large" 2> "$work/stats" | head -1 > /dev/null
  [ "${PIPESTATUS[0]}" = 141 ]
}
expect a_reader_that_stops_early_ends_it_with_141 stops_early
expect and_most_was_not_searched test "$(stat matches)" -lt 80000
expect and_the_work_was_cancelled test "$(stat 'futures cancelled')" -gt 0
expect and_every_future_ended test "$(stat 'futures created')" = "$(stat 'futures settled')"
expect and_nothing_else_is_said test "$(grep -c '^search:' "$work/stats")" = 0
start 'never there'
exec {output}<&-
expect so_does_one_that_stops_before_there_is_a_match ended_with 141
start needle
sleep 0.3
kill -INT "$process"
expect an_interrupt_does_not_wait_for_a_reader ended_with 130
expect and_every_future_ended test "$(stat 'futures created')" = "$(stat 'futures settled')"
exec {output}<&-
full_disk() {
  local got=0
  "$search" needle "$large" > /dev/full 2> "$work/stats" || got=$?
  [ "$got" = 2 ] && grep -q '^search: standard output: no space left on device (uv -28)$' "$work/stats"
}
expect a_full_disk_ends_with_2 full_disk

# An unreadable file: the search goes on without it. (root reads everything, so somebody else searches.)
printf 'needle\n' > "$tree/secret"
chmod 0 "$tree/secret"
chmod 755 "$work" "$tree"
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
  cp "$search" "$work/search" && chmod 755 "$work/search"
  as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$work/search" needle "$tree" > "$work/ours" 2> "$work/stats"; }
  as_nobody
  expect an_unreadable_file_ends_with_2 test $? = 2
  expect and_is_one_line_with_domain_code_and_message grep -q 'secret: .*permission denied (uv -13)' "$work/stats"
  expect and_the_others_are_searched test "$(wc -l < "$work/ours")" -gt 5
fi
echo "$passed passed, $failed failed"
((failed == 0))
