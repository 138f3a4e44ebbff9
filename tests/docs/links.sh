# Links between the documents lead somewhere, to a heading too.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1

anchors() # DOCUMENT: those of its headings
{
    sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

for document in README.md docs/*.md docs/*/*.md; do
    while IFS= read -r target; do
        [[ $target != *://* ]] || continue
        file=$(dirname "$document")/${target%%#*}
        [ -n "${target%%#*}" ] || file=$document
        check "$document: $target" test -e "$file"
        [[ $target != *'#'* ]] || check "$document: the heading of $target" grep -qxF -- "${target#*#}" <(anchors "$file")
    done < <(grep -o ']([^)]*)' "$document" | sed 's/^](//; s/)$//' | sort -u)
done
finish
