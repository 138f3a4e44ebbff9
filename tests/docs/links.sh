# Links between the documents lead somewhere.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
for document in README.md docs/*.md docs/*/*.md; do
    while IFS= read -r target; do
        [[ $target == *://* ]] || check "$document: $target" test -e "$(dirname "$document")/$target"
    done < <(grep -o '](\([^)#]*\)' "$document" | sed 's/^](//')
done
finish
