# What `run` says of itself: its errors, its remarks and its reports.
. "$(dirname "$0")/../lib.sh"

check_status "a broken rule is sockfault's failure" 125 "$SOCKFAULT" run -f 'call: rcv, partial: 1' -- true
check_match "whose place is the text of the option" '^--fault:1:7: ' "$output"
check_status "of several rules two are broken" 125 "$SOCKFAULT" run -f 'call: recv, partial: 1' \
    -f 'call: rcv, partial: 1' -f 'call: recv; partial: 1' -- true
check_match "the second is named" '--fault #2:1:7: unknown call' "$output"
check_match "and the third" "--fault #3:1:20: ',' is missing here" "$output"
check_status "braces may be typed" 0 "$SOCKFAULT" run -q -f '{call: recv, partial: 1}' -- true
finish
