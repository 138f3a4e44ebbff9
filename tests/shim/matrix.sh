#!/bin/bash
# Each call fault at each function, on each kind of socket, in each mode: what the real
# thing and what a rule shows is the same, or the rule is refused with the right reason.
. "$(dirname "$0")/../lib.sh"

python3 "$root/tests/shim/matrix/drive.py" "$BUILD/tests/shim/matrix" "$SOCKFAULT" "$@"
