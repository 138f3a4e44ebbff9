# The recipes in docs/ci.md, see follow.bash, over an installed sockfault; and what GitHub and
# GitLab would do with the files for them.
. "$(dirname "$0")/follow.bash"

variant=${BUILD##*/}
export VARIANT=${variant%-clang} CC=gcc
[[ $variant == *-clang ]] && CC=clang
make -C "$root" --no-print-directory prefix="$TMP/prefix" install > "$TMP/log" 2>&1 || fail "install" "$(< "$TMP/log")"
rm "$TMP/bin/sockfault"
PATH=$TMP/prefix/bin:$PATH
# Debian's, which has Debian's modules.
printf '#!/bin/sh\nexec /usr/bin/python3 -m pytest -p no:cacheprovider "$@"\n' > "$TMP/bin/pytest" && chmod +x "$TMP/bin/pytest"
export PYTHONDONTWRITEBYTECODE=1
SOCKFAULT=$TMP/prefix/bin/sockfault

follow docs/ci.md
check "docs/ci.md shows commands" test $commands -gt 10

# A wrap: from a repository whose build takes no time, since what it would build is here.
mkdir wrapped && cp ask.c meson.build wrapped && cp -r faults subprojects wrapped || exit 1
git init -q -b main "$TMP/repository" && cd "$TMP/repository" || exit 1
printf 'all:\n\tmkdir -p build/release && cp %s %s build/release\n' "$BUILD/sockfault" "$BUILD/libsockfault.so" > Makefile
git add -A && git -c user.name=t -c user.email=t@example.org commit -qm all && git tag v0.1.0
cd "$TMP/ci.md/wrapped" || exit 1
sed -i "s|^url = .*|url = file://$TMP/repository|" subprojects/sockfault.wrap
check "a wrap builds it" meson setup --wrap-mode=forcefallback build
check "and runs it" meson test -C build --suite ask:faults

# A copy of the source, with what is built of it: for those who build it in their jobs.
mkdir -p "$TMP/project/sockfault/build" && cd "$TMP/project" || exit 1
for name in .ci Makefile LICENSE README.md docs runner scenarios shim; do
    cp -a "$root/$name" sockfault || exit 1
done
cp -a "$BUILD" sockfault/build
cp -r "$TMP/ci.md/.github" "$TMP/ci.md/.gitlab-ci.yml" "$TMP/ci.md/ask.c" "$TMP/ci.md/faults" .
run_script() { env PATH="/usr/local/bin:/usr/bin:/bin" HOME="$TMP/home" bash "$@"; }
export -n SOCKFAULT SOCKFAULT_SHIM
python="/usr/bin/python3 $root/tests/docs/pipeline.py"

mkdir "$TMP/home" && gcc -o ask ask.c
export GITHUB_PATH=$TMP/home/path GITHUB_WORKSPACE=$PWD
: > "$GITHUB_PATH"
check_status "GitHub: the workflow" 0 $python workflow .github/workflows/faults.yml
check_eq "uses the action" "faults actions/checkout@v4 ./.github/actions/sockfault" "$output"
$python action .github/actions/sockfault/action.yml > script || fail "GitHub: the action"
check_status "GitHub: its steps" 0 run_script script
check_match "installed it" "$TMP/home/.local/bin" "$(< "$GITHUB_PATH")"
check_match "ran the scenarios" "1 passed, 0 failed, 1 skipped" "$output"
check "kept reports" test -s sockfault.xml -a -s sockfault.html
sed 's/while (got/if (got/' ask.c > bad.c && gcc -o ask bad.c
$python action .github/actions/sockfault/action.yml options="--shard 1/2" scenarios=faults/ask.yaml > script
check_status "GitHub: a program that does not cope fails the job" 1 run_script script
check_match "with the line" "::error file=faults/ask.yaml,line=11" "$output"

# Of the image nothing is installed, and what it installs lands below the home.
mkdir "$TMP/stub" && printf '#!/bin/sh\n' > "$TMP/stub/apt-get" && chmod +x "$TMP/stub/apt-get"
$python gitlab .gitlab-ci.yml faults | sed "s|prefix=/usr/local|prefix=$TMP/gitlab|; 1a PATH=$TMP/stub:$TMP/gitlab/bin:\$PATH" > script
rm -f sockfault.xml
check_status "GitLab: the job, part 1" 0 env CI_NODE_INDEX=1 CI_NODE_TOTAL=2 bash script
check_match "ran its part" "1 passed, 0 failed in" "$output"
check "and left what is kept" test -s sockfault.xml -a -s sockfault.html
check_status "GitLab: part 2" 0 env CI_NODE_INDEX=2 CI_NODE_TOTAL=2 bash script
check_match "ran the other part" "0 passed, 0 failed, 1 skipped" "$output"

make -C "$root" --no-print-directory all > "$TMP/log" 2>&1 || fail "the build has its own places again" "$(< "$TMP/log")"
finish
