# The recipes in docs/cookbook.md, see follow.bash.
. "$(dirname "$0")/follow.bash"

follow docs/cookbook.md
check "the cookbook shows commands" test $commands -gt 0
finish
