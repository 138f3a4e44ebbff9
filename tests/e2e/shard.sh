# Parts of a suite: each scenario runs in one of them, an empty one passes.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
cat > a.yaml << 'END'
name: first
matrix: {n: [1, 2, 3]}
programs: {a: "true"}
---
name: left out
programs: {a: "false"}
END
cat > b.yaml << 'END'
name: second
programs: {a: "test ${n} = 1"}
vars: {n: 1}
END

names() # ARGUMENT…: of what ran
{
    "$SOCKFAULT" test -j 2 --filter 'first|second' --repeat 2 "$@" a.yaml b.yaml 2> said | sed -n 's/^PASS \(.*\) (.*/\1/p'
}

names > whole
check_eq "the whole" 8 "$(wc -l < whole)"
for count in 1 3 9; do
    for ((number = 1; number <= count; number++)); do
        names --shard $number/$count > part.$number
        TEST_SHARD_INDEX=$((number - 1)) TEST_TOTAL_SHARDS=$count names > of_environment.$number
        cmp -s part.$number of_environment.$number || fail "$number/$count of the environment"
    done
    check_same "$count parts: each scenario in one" <(sort whole) <(sort part.*)
    rm part.* of_environment.*
done
check_eq "a part is the same each time" "$(names --shard 2/3)" "$(names --shard 2/3 -j 1)"
check_eq "the option wins" "$(names --shard 2/3)" "$(TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=3 names --shard 2/3)"

check_status "an empty part passes" 0 "$SOCKFAULT" test --shard 2/2 b.yaml
check_match "and says so" '^sockfault test: shard 2/2 holds none of the 1 scenarios' "$output"
check_status "but not where there is nothing at all" 2 "$SOCKFAULT" test --shard 2/2 --filter nothing b.yaml
check_status "nor where a scenario of another part is invalid" 2 "$SOCKFAULT" test --shard 2/2 b.yaml <(echo "name: x")
check_status "a failure is that of its part" 1 "$SOCKFAULT" test --shard 4/4 a.yaml
check_status "alone" 0 "$SOCKFAULT" test --shard 1/4 a.yaml
"$SOCKFAULT" test --shard 2/2 -q --report tap b.yaml > tap 2> said
check_eq "TAP has a word for it" "1..0 # SKIP shard 2/2 holds none of the 1 scenarios" "$(tail -n 1 tap)"
check_eq "-q says nothing" "" "$(cat said)"
"$SOCKFAULT" test --shard 2/2 --report junit=xml b.yaml 2> said
check_eq "JUnit is valid" "" "$(python3 "$root/tests/e2e/junit.py" xml)"
check_eq "the part is a property" 1 "$(grep -c '<property name="shard" value="2/2"/>' xml)"

check_status "a part beyond the last is wrong usage" 2 "$SOCKFAULT" test --shard 3/2 b.yaml
check_match "with what is allowed" "^sockfault test: --shard: '3/2' is not K/N with K from 1 to N, here 2" "$output"
check_status "so is the environment's" 2 env TEST_SHARD_INDEX=2 TEST_TOTAL_SHARDS=2 "$SOCKFAULT" test b.yaml
check_match "by its name" "^sockfault test: TEST_SHARD_INDEX: '2' is not a number from 0 to 1" "$output"
check_status "half of it is, too" 2 env TEST_TOTAL_SHARDS=2 "$SOCKFAULT" test b.yaml
check_status "run does not look there" 0 env TEST_TOTAL_SHARDS=2 "$SOCKFAULT" run true

bazel=(env TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=2 TEST_SHARD_STATUS_FILE="$TMP/status")
check_status "Bazel's part runs" 0 "${bazel[@]}" "$SOCKFAULT" test b.yaml
check "and Bazel is told" test -e status
rm status
check_status "not where the option chose another" 0 "${bazel[@]}" "$SOCKFAULT" test --shard 1/2 b.yaml
check "since Bazel's did not run" test ! -e status
check_status "a status file that cannot be touched fails" 125 env TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=2 \
    TEST_SHARD_STATUS_FILE=/nonexistent/x "$SOCKFAULT" test --report tap b.yaml
check_match "in reports as well" 'Bail out! cannot touch TEST_SHARD_STATUS_FILE, /nonexistent/x' "$output"
finish
