# Real clients fetch 200 KB whole although every read brings one byte.
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/site"
head -c 204800 /dev/urandom > "$TMP/site/file"
port=$(free_port)
background python3 -m http.server --bind 127.0.0.1 --directory "$TMP/site" "$port" > "$TMP/server" 2>&1
wait_for_port "$port" 20
url=http://127.0.0.1:$port/file

fetch() # NAME COMMAND…: the command prints the file
{
    local name=$1 status fired
    shift
    "$SOCKFAULT" run --report json="$TMP/$name.json" -f 'call: recv, peer: "127.0.0.1:'"$port"'", partial: 1' -- "$@" \
        > "$TMP/$name.out" 2> "$TMP/$name.err"
    status=$?
    check_eq "$name under one-byte reads ends with 0" 0 "$status" || diag "$(head -n 20 "$TMP/$name.err")"
    check_same "$name gets the file whole" "$TMP/site/file" "$TMP/$name.out"
    fired=$(sed -n 's/.*"fired": *\([0-9]*\).*/\1/p' "$TMP/$name.json")
    check "every byte came by a read of its own for $name (fired ${fired:-never})" [ "${fired:-0}" -ge 204800 ]
}

fetch curl curl -fsS "$url"
fetch wget wget -q -O - "$url"
fetch python3 python3 -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' "$url"
fetch node node -e 'require("http").get(process.argv[1], r => r.pipe(process.stdout))' "$url"
fetch java java "$root/tests/programs/Fetch.java" "$url"

finish
