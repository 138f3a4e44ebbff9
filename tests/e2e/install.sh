# What `make install` lays down works from there, and `make uninstall` takes it away.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
variant=${BUILD##*/}
compiler=gcc
[[ $variant == *-clang ]] && compiler=clang
make=(make VARIANT="${variant%-clang}" CC=$compiler DESTDIR="$TMP/root")

check_status "install" 0 "${make[@]}" install
check_match "it says where" "is installed: $TMP/root/usr/local/bin/sockfault, .*$TMP/root/usr/local/share/doc/sockfault\$" "$output"
elsewhere=("${make[@]:0:3}" DESTDIR= prefix="$TMP/elsewhere")
check_status "install elsewhere" 0 "${elsewhere[@]}" install
check_eq "and that it is not on PATH" "$TMP/elsewhere/bin is not on PATH, and has to be: PATH=$TMP/elsewhere/bin:\$PATH" \
    "$(tail -n 1 <<< "$output")"
check_status "where the build and that are on PATH" 0 env PATH="$TMP/elsewhere/bin:$BUILD:$PATH" "${elsewhere[@]}" install
check_match "nothing of the kind is said" "is installed: [^ ]*, documents and examples in [^ ]*\$" "$output"
"${make[@]}" install > "$TMP/log" 2>&1 || fail "texts are those of the default places again" "$(< "$TMP/log")"
files=$(cd "$TMP/root" && find . -type f | sort)
for file in usr/local/bin/sockfault usr/local/lib/sockfault/libsockfault.so \
    usr/local/share/sockfault/scenarios/one-byte.yaml usr/local/share/doc/sockfault/LICENSE \
    usr/local/share/man/man1/sockfault-run.1 usr/local/share/man/man5/sockfault-scenario.5 \
    usr/local/share/man/man7/libsockfault.7; do
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

share=$TMP/root/usr/local/share
"$SOCKFAULT" list schema > "$TMP/schema.json"
check_same "the schema is there" "$TMP/schema.json" "$share/sockfault/scenario.schema.json"
check_match "man finds a page" "^NAME.* sockfault-run - run one program" \
    "$(MANPATH=$share/man MANPAGER=cat man sockfault-run | tr -s ' \n' ' ' | grep -o 'NAME.*')"
check_eq "a page names the places of this installation" /usr/local/lib/sockfault/libsockfault.so \
    "$(MANPATH=$share/man MANPAGER=cat man 7 libsockfault | grep -o '^ *[^ ]*/libsockfault.so$' | head -n 1 | tr -d ' ')"

# Of the prefix, not of the folder in which it waits to be packed.
export PKG_CONFIG_PATH=$TMP/root/usr/local/lib/pkgconfig
ask() { pkg-config --variable="$1" sockfault; }
check_eq "pkg-config tells the version" "$("$SOCKFAULT" --version)" "sockfault $(pkg-config --modversion sockfault)"
check_eq "the library" /usr/local/lib/sockfault/libsockfault.so "$(ask library)"
check_eq "the command" /usr/local/bin/sockfault "$(ask command)"
for variable in library command scenarios schema; do
    check "its $variable is there" test -e "$TMP/root$(ask $variable)"
done
check_eq "nobody is asked to link anything" "" "$(pkg-config --cflags --libs sockfault | tr -d ' ')"
check_eq "no text has a place unnamed" "" "$(grep -rl '@[a-z]*@' "$TMP/root/usr/local/lib/pkgconfig" "$share/cmake")"

# Each shell looks for completions by itself.
PATH=${installed%/*}:$PATH
export XDG_DATA_DIRS=$share:/usr/share HOME=$TMP
check_eq "bash completes" "--report --repeat " "$(bash --norc -c '
    compopt() { :; }
    . /usr/share/bash-completion/bash_completion
    if declare -F _comp_load; then _comp_load sockfault; else _completion_loader sockfault; fi > /dev/null
    COMP_WORDS=(sockfault test --rep) COMP_CWORD=2 COMP_LINE="sockfault test --rep" COMP_POINT=20
    "$(complete -p sockfault | sed "s/.*-F \([^ ]*\) .*/\1/")"
    printf "%s " "${COMPREPLY[@]}"')"
check_eq "fish completes" "--repeat --report " \
    "$(fish -c 'complete -C "sockfault test --rep"' 2> /dev/null | cut -f 1 | tr '\n' ' ')"
FPATH=$share/zsh/site-functions:$(zsh -fc 'echo $FPATH')
export FPATH
press() { (cd "$TMP" && python3 "$root/tests/e2e/press.py" zsh : "$@"); }
check_eq "zsh completes, at the first time" yes "$(press 'sockfault test --no-s' --no-skip)"

check "uninstall" "${make[@]}" uninstall
check_eq "nothing is left" "" "$(find "$TMP/root" -type f)"

elsewhere=(prefix=/opt/s zshdir=/etc/z mandir=/opt/m bindir=/opt/b libdir=/opt/s/lib/x86_64-linux-gnu)
check "install elsewhere" "${make[@]}" "${elsewhere[@]}" install
for file in opt/b/sockfault etc/z/_sockfault opt/m/man1/sockfault.1 opt/s/lib/x86_64-linux-gnu/pkgconfig/sockfault.pc \
    opt/s/share/cmake/sockfault/sockfault-config.cmake opt/s/share/fish/vendor_completions.d/sockfault.fish; do
    check "it holds $file" test -s "$TMP/root/$file"
done
check_status "its library is found where all of it was moved" 7 "$TMP/root/opt/b/sockfault" run -- sh -c 'exit 7'
check_match "and its scenarios" one-byte "$("$TMP/root/opt/b/sockfault" list scenarios)"
check "uninstall from there" "${make[@]}" "${elsewhere[@]}" uninstall
check_eq "nothing is left there" "" "$(find "$TMP/root" -type f)"

# Without scdoc, where nobody can fetch it.
mkdir "$TMP/poor" && find /usr/bin -maxdepth 1 ! -name scdoc ! -name apt-get -exec ln -st "$TMP/poor" {} +
check_status "install without scdoc" 0 env PATH="$TMP/poor" "${make[@]}" install
check_match "is told what is missing" "missing packages \(Debian's names\): scdoc" "$output"
check_match "and what is not installed" "no manual pages are installed" "$output"
check "all else is" "$installed" --version
check_eq "no page is" "" "$(find "$TMP/root" -name '*.1')"
check "the build has its own places again" "${make[@]}" all

finish
