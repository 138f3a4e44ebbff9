#!/bin/bash
# The JSON Schema that editors take: every scenario of ours fits it, and of the bad ones those alone do not
# fail it whose fault a schema cannot see.
. "$(dirname "$0")/../lib.sh"

python=/usr/bin/python3 # Debian's, which has Debian's modules
[ -x $python ] || python=python3
cd "$root" || exit 1
check_status "the schema is printed" 0 "$SOCKFAULT" list schema
printf '%s\n' "$output" > "$TMP/schema.json"
mapfile -t good < <(find scenarios -name '*.yaml' | sort)
check "there are scenarios" test "${#good[@]}" -gt 50
check_eq "every scenario fits, typed or as text" "" \
    "$($python tests/e2e/schema.py "$TMP/schema.json" good "${good[@]}" 2>&1)"
check_eq "of the bad ones these alone fit" "$(grep -v '^#' tests/e2e/schema.beyond)" \
    "$($python tests/e2e/schema.py "$TMP/schema.json" bad tests/scenario/bad/*.yaml 2>&1)"

# What stands for a quantity is read by the one and described by the other.
fits() # RULE
{
    printf 'name: x\nprograms: {client: "true"}\nfaults: [{%s}]\n' "$1" > "$TMP/quantity.yaml"
    "$SOCKFAULT" check -q "$TMP/quantity.yaml" > "$TMP/log" 2>&1 && echo -n "read, " || echo -n "not read, "
    [ -z "$($python tests/e2e/schema.py "$TMP/schema.json" good "$TMP/quantity.yaml" 2>&1)" ] && echo fits || echo does not
}
for rule in 'call: recv, delay: 1.5s' 'link: in, throttle: 100/s' 'link: in, throttle: 64KiB/s' 'link: in, throttle: 10Mbit/s' \
    'call: recv, partial: 1, when: {after_bytes: 1kB}' 'call: recv, partial: 1, when: {nth: 2..}' \
    'call: recv, partial: 1, when: {probability: 0.5}'; do
    check_eq "$rule" "read, fits" "$(fits "$rule")"
done
for rule in 'call: recv, delay: 0' 'call: recv, delay: 10µs' 'link: in, throttle: 1bit/s' 'link: in, throttle: 10 Mbit/s' \
    'link: in, throttle: 1.5MB/s' 'call: recv, partial: 1, when: {after_bytes: 1K}' 'call: recv, partial: 1, when: {nth: 1 .. 5}' \
    'call: recv, partial: 1, when: {probability: ".5"}'; do
    check_eq "$rule" "not read, does not" "$(fits "$rule")"
done
cat > "$TMP/one.yaml" << 'END'
name: x
programs: {client: "true"}
faults: [{call: recv, program: client, resett: true}]
END
check_match "a slip of the pen is seen" "resett" "$($python tests/e2e/schema.py "$TMP/schema.json" good "$TMP/one.yaml")"
finish
