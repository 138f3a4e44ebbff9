# The Debian package: clean by lintian, installed, used, removed again. As root that is the machine itself, where no
# sockfault is installed; otherwise a folder with the machine's list of packages, in which it can be installed but not used.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
version=$("$SOCKFAULT" --version)
version=${version#sockfault }
package=$root/build/sockfault_${version}_$(dpkg --print-architecture).deb
check "there is a package of this version" test -s "$package" || finish
check_eq "which says so" "sockfault $version" "$(dpkg-deb -W --showformat '${Package} ${Version}' "$package")"
check_status "lintian is content" 0 env TMPDIR="$TMP" lintian --info --display-info --fail-on error,warning,info "$package"
contents=$(dpkg-deb --fsys-tarfile "$package" | tar -t | sed -n 's|^\.\(/.*[^/]\)$|\1|p')
for shown in /usr/bin/sockfault "/usr/lib/[a-z0-9_-]*/sockfault/libsockfault.so" /usr/share/man/man1/sockfault-run.1.gz; do
    check "it holds $shown" grep -qx "$shown" <<< "$contents"
done

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' sockfault 2> /dev/null)" = installed ]; }

if [ "$(id -u)" -ne 0 ] || is_installed || [ -e /usr/bin/sockfault ]; then
    mkdir -p folder/var/lib/dpkg/{info,updates,triggers} && cp /var/lib/dpkg/status folder/var/lib/dpkg || exit 1
    sed -i '/^Package: sockfault$/,/^$/d' folder/var/lib/dpkg/status
    dpkg_in() { fakeroot dpkg --root="$TMP/folder" --force-not-root --log=/dev/null "$@"; }
    check "it is installed into a folder, with what it depends on" dpkg_in -i "$package"
    check_eq "the command is of this version" "sockfault $version" "$(folder/usr/bin/sockfault --version)"
    check "it finds its scenarios" folder/usr/bin/sockfault check -q folder/usr/share/sockfault/scenarios
    check "it is removed" dpkg_in -P sockfault
    check_eq "nothing is left" "" "$(find folder/usr -type f 2> /dev/null)"
    skip "it is used" "only root can install it, and only where it is not installed"
    finish
fi

remove() { ! is_installed || dpkg -P sockfault > /dev/null 2>&1; }
trap 'remove; clean_up' EXIT
# Containers leave out documents and manual pages.
check "it is installed" dpkg --path-include='/usr/share/*' -i "$package"
check_eq "every file as it was packed" "" "$(dpkg --verify sockfault)"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=$TMP
unset SOCKFAULT SOCKFAULT_SHIM
check_eq "the command is on PATH" "sockfault $version" "$(sockfault --version)"

seq 2000 > page.txt
port=$(free_port)
background python3 -m http.server --bind 127.0.0.1 "$port" 2> log > log
wait_for_port "$port" 20
check_status "a client under a bundled scenario" 0 \
    sockfault run -v -s one-byte -- curl -fsS -o got.txt "http://127.0.0.1:$port/page.txt"
check_match "meets its faults" "fired [0-9]{4,} times" "$output"
check_same "and has the page" page.txt got.txt
check_status "another fails as it would" 56 \
    sockfault run -f 'call: recv, reset: true, when: {nth: 1}' -- curl -fsS -o got.txt "http://127.0.0.1:$port/page.txt"
check "an example passes" sockfault test --no-skip /usr/share/doc/sockfault/examples/c/udp.yaml

cat > plan.yaml << 'END'
name: the first read fails
programs: {curl: "true"}
faults: [{call: recv, program: curl, error: EIO, when: {nth: 1}}]
END
check "a plan is compiled" sockfault compile plan.yaml -o reads.plan
check_status "and obeyed without the runner" 56 env LD_PRELOAD="$(pkg-config --variable=library sockfault)" \
    SOCKFAULT_PLAN=reads.plan curl -fsS -o got.txt "http://127.0.0.1:$port/page.txt"

check_match "man knows the page" "^/usr/share/man/man1/sockfault-run.1" "$(man -w sockfault-run)"
check_match "and shows it" "run one program under faults" "$(MANPAGER=cat man sockfault-run)"
check_eq "bash finds completions" "complete -F _sockfault sockfault" "$(bash --norc -c '
    . /usr/share/bash-completion/bash_completion
    if declare -F _comp_load; then _comp_load sockfault; else _completion_loader sockfault; fi > /dev/null
    complete -p sockfault')"
check_eq "zsh too" _sockfault "$(zsh -fc 'autoload -U compinit; compinit -u -D; echo $_comps[sockfault]')"
check_match "fish too" "--no-skip" "$(fish -c 'complete -C "sockfault test --no"' 2> /dev/null)"
printf '%s\n' 'find_package(sockfault 0.1 REQUIRED)' 'message("at ${sockfault_COMMAND}")' > find.cmake
check_match "and so does CMake" "at /usr/bin/sockfault" "$(cmake -P find.cmake 2>&1)"
check_eq "the schema is there" "$(sockfault list schema)" "$(< "$(pkg-config --variable=schema sockfault)")"

check "it is removed" dpkg -r sockfault
left=
while IFS= read -r file; do
    [ ! -e "$file" ] || left+=" $file"
done <<< "$contents"
check_eq "nothing is left" "" "$left"
check "nor a folder of its own" test ! -e /usr/share/sockfault -a ! -e /usr/share/doc/sockfault
check "nor an entry among the packages" dpkg -P sockfault
finish
