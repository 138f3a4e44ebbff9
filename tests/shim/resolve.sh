#!/bin/bash
# Look-ups that a rule answers or fails, through every function that looks up.
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/look.py" <<'EOF'
import socket
def show(what, look):
    try:
        print(what, look())
    except OSError as e:
        print(what, type(e).__name__, e.errno)
show("getaddrinfo", lambda: sorted({a[4][0] for a in socket.getaddrinfo("db.internal", 80)}))
show("inet6", lambda: [a[4][0] for a in socket.getaddrinfo("db.internal", "http", socket.AF_INET6, socket.SOCK_STREAM)])
show("gethostbyname", lambda: socket.gethostbyname_ex("db.internal")[2])
show("number", lambda: socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
EOF
look() { "$SOCKFAULT" run -f "call: resolve, $1" -- python3 "$TMP/look.py" 2>&1; }

check_eq "addresses are the answer, by family" "getaddrinfo ['127.0.0.9', '::9']
inet6 ['::9']
gethostbyname ['127.0.0.9']
number ('127.0.0.1', '80')" "$(look 'resolve: ["::9", 127.0.0.9]')"
check_match "a family without one has no address" "inet6 gaierror -2" "$(look 'resolve: 127.0.0.9')"
check_eq "an error is that of every function" "getaddrinfo gaierror -3
inet6 gaierror -3
gethostbyname gaierror -3
number gaierror -3" "$(look 'error: EAI_AGAIN')"

cat > "$TMP/old.c" <<'EOF'
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
int main(void)
{
    struct hostent *host = gethostbyname("db.internal"), entry, *answer;
    char buffer[1000], text[INET_ADDRSTRLEN] = "none";
    int error = 0, result;
    if (host)
        inet_ntop(AF_INET, host->h_addr_list[0], text, sizeof text);
    printf("%s %d\n", text, host ? 0 : h_errno);
    result = gethostbyname_r("db.internal", &entry, buffer, sizeof buffer, &answer, &error);
    printf("%d %s %d\n", result, answer ? "found" : "none", answer ? 0 : error);
    return 0;
}
EOF
gcc -o "$TMP/old" "$TMP/old.c" || exit 1
old() { "$SOCKFAULT" run -f "call: resolve, $1" -- "$TMP/old" 2>&1; }
check_eq "gethostbyname is answered" $'10.1.2.3 0\n0 found 0' "$(old 'resolve: 10.1.2.3')"
check_eq "gethostbyname fails by h_errno" $'none 1\n0 none 1' "$(old 'error: EAI_NONAME')"
check_eq "what may pass says so" $'none 2\n11 none 2' "$(old 'error: EAI_AGAIN')"
check_eq "a name without an address of the family" $'none 4\n0 none 4' "$(old 'resolve: "::1"')"
finish
