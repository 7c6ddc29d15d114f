#!/usr/bin/env bash
# The search example against GNU grep, on trees made to be hard and on the system's own; and each way for it to end.
set -uo pipefail
cd "$(dirname "$0")/../.."
swift build -c release --product search > /dev/null || exit 1
search=$(swift build -c release --show-bin-path)/search
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
# One future for each regular file: links are not followed.
stats_are() { # name number
  [ "$(stat "$1")" = "$2" ] || { echo "$1 is $(stat "$1"), not $2"; return 1; }
}
regular_files=$(find "$tree" -type f -printf x | wc -c)
expect the_stats_count_the_files stats_are files "$regular_files"
expect the_stats_count_the_matches stats_are matches "$(LC_ALL=C grep -rnIF needle "$tree" 2> /dev/null | grep -vc '^grep: ')"
for number in created settled; do
  expect "the_stats_count_the_futures_$number" stats_are "futures $number" "$regular_files"
done
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
