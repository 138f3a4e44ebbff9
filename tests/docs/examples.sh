# The examples in README.md and docs/, see follow.bash.
. "$(dirname "$0")/follow.bash"

for document in README.md $(cd "$root" && echo docs/*.md docs/*/*.md); do
    case $document in docs/cookbook.md | docs/ci.md) continue ;; esac # in files of their own
    follow "$document"
    case $document in
        README.md | docs/tutorial.md | docs/reference/*)
            check "$document shows commands" test $commands -gt 0
            ;;
    esac
done
finish
