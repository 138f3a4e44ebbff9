#!/bin/bash
# The HTML report: what it says of scenarios, as it stands in the file and as headless Chromium shows it,
# at 20 connections and at 2,000.
. "$(dirname "$0")/../lib.sh"

here=$root/tests/e2e/html
cd "$TMP" || exit 1
cp "$here"/*.py .

scenario() # NAME CONNECTIONS
{
    cat << END
name: $1
seed: 4
timeout: 100s
programs:
  server:
    run: [python3, server.py, "\${port.web}"]
    ready: {port: "\${port.web}"}
  client: [python3, client.py, "\${port.web}", "$2"]
END
}
{
    scenario "a bad network" 20
    cat << 'END'
faults:
  - {id: short-reads, call: recv, program: client, connection: 2..5, partial: 700}
  - {id: cut, call: recv, program: client, connection: 7, reset: true, when: {nth: 3}}
  - {id: refused, call: connect, program: client, connection: 11, refuse: true}
  - {id: slow, link: in, program: client, connection: 13, delay: 10ms}
expect:
  client: {stderr: {empty: true}, exit: 0}
---
END
    scenario "a good network" 5
    cat << 'END'
---
name: '<script>document.title = "hacked"</script> & "quotes" </title>'
programs:
  client: "printf '</pre><img src=x onerror=hacked>\\033[31m\\377\\n'; exit 3"
---
name: asks for what is not there
requires: no-such-command
programs: {client: "true"}
END
} > few.yaml
scenario "many connections" 2000 > many.yaml

check_status "a report of four scenarios" 1 "$SOCKFAULT" test --report html=few.html few.yaml
check_status "a report of 2,000 connections" 0 "$SOCKFAULT" test --report html=many.html many.yaml
check_status "a report of a run" 0 "$SOCKFAULT" run --report html=run.html -f 'call: recv, partial: 1' -- \
    python3 -c 'import socket; a, b = socket.socketpair(); a.send(b"xy"); b.recv(2)'
check_status "to standard output" 1 "$SOCKFAULT" test --report html few.yaml
check_match "it is a page" '^<!DOCTYPE html>' "$output"
. "$root/tests/zoo/ask.sh"
check_status "a report of a search" 1 "$SOCKFAULT" explore -q --max-runs 25 --report html=explored.html \
    --report json=explored.json ask.yaml
check_status "of one whose findings are known" 0 "$SOCKFAULT" explore -q --max-runs 25 --known explored.json \
    --report html=known.html ask.yaml
cc -g -DFIXED -o reset-null "$root/tests/zoo/reset-null.c"
check_status "of one that found nothing" 0 "$SOCKFAULT" explore -q --max-runs 10 --report html=nothing.html ask.yaml
printf 'nonsense: 1\n' > wrong.yaml
check_status "of what cannot be read" 2 "$SOCKFAULT" test --report html=wrong.html wrong.yaml
check_match "the reason stands beside its line" '<mark><i>1</i>nonsense: 1' "$(cat wrong.html)"
check_eq "nothing comes from elsewhere" "" "$(grep -oE '<[a-z]+ [^>]*(src|href)=|https?://[^"<]*|@import|url\(' few.html many.html run.html explored.html known.html nothing.html)"
check_eq "connections over a socketpair have a lane where a fault struck" 1 "$(grep -c 'class="lane marked"' run.html)"

# In a browser. Each line is a result.
mkdir shots
node "$here/browser.js" "$root/build/browser/node_modules/playwright-core" "$TMP" > results 2> "$TMP/stderr" ||
    fail "the browser's tests run" "$(cat "$TMP/stderr")"
while IFS=$'\t' read -r verdict name detail; do
    if [ "$verdict" = ok ]; then pass "$name"; else fail "$name" "$detail"; fi
done < results
check_eq "all of the browser's tests ran" end "$(tail -n 1 results | cut -f 2)"
finish
