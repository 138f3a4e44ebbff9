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
cat > "$TMP/one.yaml" << 'END'
name: x
programs: {client: "true"}
faults: [{call: recv, program: client, resett: true}]
END
check_match "a slip of the pen is seen" "resett" "$($python tests/e2e/schema.py "$TMP/schema.json" good "$TMP/one.yaml")"
finish
