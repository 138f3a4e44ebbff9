# `make demo`: what a newcomer sees first.
. "$(dirname "$0")/../lib.sh"

check_status "the demo ends with 0" 0 timeout 60 bash "$root/tests/demo/run"
check_match "its last verdict is red for the reason that it names" "bad reply|client exited with 1, expected 0" "$output"
check_match "it was complete" "The demo is complete" "$output"
finish
