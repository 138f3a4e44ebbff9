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
check_match "a family without one has no address" "inet6 gaierror -5" "$(look 'resolve: 127.0.0.9')"
check_eq "an error is that of every function that asks" "getaddrinfo gaierror -3
inet6 gaierror -3
gethostbyname gaierror -3
number ('127.0.0.1', '80')" "$(look 'error: EAI_AGAIN')"
check_eq "a system error comes with its errno" "$(printf '%s OSError 24\n' getaddrinfo inet6 gethostbyname number)" \
    "$(look 'error: EAI_SYSTEM')"

# What a name server would say comes only where one could be asked: of the host's name.
cat > "$TMP/names.c" <<'EOF'
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>
static char host[NI_MAXHOST], service[NI_MAXSERV];
static void look(const void *address, socklen_t bytes, socklen_t room, int flags)
{
    printf("%d ", getnameinfo(address, bytes, room ? host : NULL, room, service, sizeof service, flags));
}
int main(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 80, .sin_addr.s_addr = 0x0100007f};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/x"};
    look(&in, sizeof in, sizeof host, NI_NAMEREQD);
    look(&in6, sizeof in6, sizeof host, NI_NUMERICSERV);
    look(&in, sizeof in, sizeof host, NI_NUMERICHOST);
    look(&in, sizeof in, sizeof host, NI_NUMERICHOST | NI_NUMERICSERV);
    look(&in, sizeof in, sizeof host, NI_NUMERICHOST | NI_NAMEREQD);
    look(&in, sizeof in, 0, 0);
    look(&un, sizeof un, sizeof host, 0);
    look(&in, 1, sizeof host, 0);
    puts("");
    return 0;
}
EOF
gcc -o "$TMP/names" "$TMP/names.c" || exit 1
names() { "$SOCKFAULT" run -f "call: resolve, $1" -- "$TMP/names" 2>&1 | xargs; }
check_eq "without a fault they are what libc gives" "0 0 -2 0 0 -6" "$("$TMP/names" | cut -d' ' -f3-8)"
check_eq "EAI_AGAIN comes to who asks for a name" "-3 -3 0 0 -2 0 0 -6" "$(names 'error: EAI_AGAIN')"
check_eq "EAI_NONAME to who wants nothing else" "-2 0 0 0 -2 0 0 -6" "$(names 'error: EAI_NONAME')"
check_match "to others a number is told" "refused: an address without a name is told as a number" \
    "$(names 'error: EAI_NONAME, when: {nth: 2}')"
check_match "what else a server says they never hear of" "refused: the call does not know this errno" \
    "$(names 'error: EAI_NODATA')"
check_eq "a failure of the system to all" "-10 -10 -10 -10 -10 -10 -10 -10" "$(names 'error: EAI_MEMORY')"
check_eq "as everything does by force" "-3 -3 -3 -3 -3 -3 -3 -3" "$(names 'error: EAI_AGAIN, force: true')"
check_match "the others are counted, and said why" "refused: the look-up was for no name of a host: nobody is asked" \
    "$(names 'error: EAI_AGAIN, when: {nth: 3..}')"

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

# A module of the name service that asks a server, as libc's own does: its sockets and
# connections are none of the program's, but `resolve` is about the look-up as a whole.
cat > "$TMP/nss.c" <<'END'
#include <arpa/inet.h>
#include <nss.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
enum nss_status _nss_probe_gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer,
                                            size_t bytes, int *error, int *h_error)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)name, (void)host, (void)buffer, (void)bytes, (void)family, (void)error;
    if (fd < 0 || connect(fd, (void *)&to, sizeof to) == 0)
        _exit(9); /* a rule failed the one, or nobody refused the other */
    close(fd);
    *h_error = HOST_NOT_FOUND;
    return NSS_STATUS_NOTFOUND;
}
END
cat > "$TMP/own.c" <<'END'
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    __nss_configure_lookup("hosts", "probe");
    for (int i = 0; i < 2; i++) {
        const struct hostent *host = gethostbyname2("db.internal", AF_INET);
        printf("%s ", host ? "found" : hstrerror(h_errno));
    }
    for (int i = 0; i < 2; i++) {
        int result = connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, sizeof to);
        printf("%s ", result == 0 ? "connected" : strerrorname_np(errno));
    }
    return 0;
}
END
gcc -D_GNU_SOURCE -shared -fPIC -o "$TMP/libnss_probe.so.2" "$TMP/nss.c" &&
    gcc -D_GNU_SOURCE -o "$TMP/own" "$TMP/own.c" || exit 1
own() # RULE…
{
    local rules=()
    for rule; do
        rules+=(-f "$rule")
    done
    LD_LIBRARY_PATH=$TMP "$SOCKFAULT" run "${rules[@]}" -- "$TMP/own" 2>&1
}
check_eq "sockets and connections of a look-up are not the program's" \
    "Unknown host Unknown host ETIMEDOUT ECONNREFUSED " \
    "$(own 'call: connect, connection: 1, error: ETIMEDOUT' 'call: socket, delay: 1us, when: {nth: 2}')"
check_eq "and nor are their calls counted" "Unknown host Unknown host ECONNREFUSED ETIMEDOUT " \
    "$(own 'call: connect, error: ETIMEDOUT, when: {nth: 2}')"
check_eq "a look-up that a rule fails asks nobody" \
    "Host name lookup failure Unknown host ECONNREFUSED ECONNREFUSED " \
    "$(own 'call: resolve, error: EAI_AGAIN, when: {nth: 1}')"
finish
