# What `make install` lays down works from there, and `make uninstall` takes it away.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
variant=${BUILD##*/}
compiler=gcc
[[ $variant == *-clang ]] && compiler=clang
make=(make VARIANT="${variant%-clang}" CC=$compiler DESTDIR="$TMP/root")

check "install" "${make[@]}" install
files=$(cd "$TMP/root" && find . -type f | sort)
for file in usr/local/bin/sockfault usr/local/lib/sockfault/libsockfault.so \
    usr/local/share/sockfault/scenarios/one-byte.yaml usr/local/share/doc/sockfault/LICENSE; do
    check_match "it holds $file" "\./$file" "$files"
done
installed=$TMP/root/usr/local/bin/sockfault
check_status "it says its version" 0 "$installed" --version
check_match "which is the one of this source" "^sockfault [0-9]" "$output"
check_status "it finds its library from where it lies" 7 "$installed" run -- sh -c 'exit 7'
check_status "it finds its scenarios" 0 "$installed" list scenarios
check_match "one-byte is among them" one-byte "$output"

doc=$TMP/root/usr/local/share/doc/sockfault
for document in "$doc"/README.md "$doc"/docs/*.md "$doc"/docs/*/*.md; do
    while IFS= read -r target; do
        [[ $target == *://* ]] || check "${document#"$doc/"}: $target is there" test -e "${document%/*}/$target"
    done < <(grep -o '](\([^)#]*\)' "$document" | sed 's/^](//')
done
check_eq "the examples are there" "$(cd scenarios/examples && find . -type f | sort)" \
    "$(cd "$doc/examples" && find . -type f | sort)"
check "one passes from there" "$installed" test --no-skip "$doc/examples/c/udp.yaml"

check "uninstall" "${make[@]}" uninstall
check_eq "nothing is left" "" "$(find "$TMP/root" -type f)"

finish
