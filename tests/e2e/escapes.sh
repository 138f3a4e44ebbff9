# Children that ran without the shim are named; those that were killed before
# they could load it are not.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/bin" "$TMP/below"
echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -static -o "$TMP/bin/still" - || exit 1
rule='call: recv, delay: 1ms, optional: true'

escapes() # SCRIPT: what run says of it
{
    PATH=$TMP/bin:$PATH "$SOCKFAULT" run --as it -f "$rule" -- sh -c "$1" 2>&1 | sed 's/(pid [0-9]*)/(pid)/'
}

check_eq "children killed between exec and load escaped nothing" "" \
    "$(escapes 'i=0; while [ $i -lt 300 ]; do sleep 30 & kill -9 $!; i=$((i+1)); done; wait')"
check_eq "nor those named by PATH alone" "" \
    "$(escapes 'i=0; while [ $i -lt 100 ]; do env sleep 30 & kill -9 $!; i=$((i+1)); done; wait')"

said="without the shim: no rule could reach it"
check_eq "a static child is named" "sockfault: it started $TMP/bin/still (pid) $said" \
    "$(escapes "$TMP/bin/still; true")"
check_eq "also when PATH found it" "sockfault: it started still (pid) $said" "$(escapes 'env still; true')"
check_eq "also from another folder" "sockfault: it started ../bin/still (pid) $said" \
    "$(escapes "cd $TMP/below; ../bin/still; true")"
check_eq "also by a long name" 1 \
    "$(escapes "p=$TMP; for i in 1 2 3 4 5 6 7 8 9; do p=\$p/../\${p##*/}; done; \$p/bin/still; true" | grep -c "$said")"
check_eq "also when it is gone" "sockfault: it started $TMP/below/gone (pid) $said" \
    "$(escapes "cp $TMP/bin/still $TMP/below/gone; $TMP/below/gone; rm $TMP/below/gone")"
finish
