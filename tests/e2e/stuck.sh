# Of a program that does not end, what it is about; of one that a shell tells of, what killed it.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1

cat > stuck.c << 'END'
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connected(unsigned port)
{
    struct sockaddr_in server = {AF_INET, htons((unsigned short)port), {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&server, sizeof server) == 0 ? fd : -1;
}

static int greeted(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 1;
}

static void *thread(void *fd)
{
    greeted(*(int *)fd);
    return NULL;
}

static int work(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

int main(int argc, char **argv)
{
    int fd = connected((unsigned)atoi(argv[2]));
    const char *how = argc == 3 ? argv[1] : "";
    if (strcmp(how, "read") == 0)
        return greeted(fd);
    if (strcmp(how, "poll") == 0)
        return poll(&(struct pollfd){fd, POLLIN, 0}, 1, -1);
    if (strcmp(how, "busy") == 0)
        return work();
    if (strcmp(how, "sleep") == 0)
        return (int)sleep(1000);
    if (strcmp(how, "pipe") == 0)
        for (;;)
            send(fd, how, 1, 0);
    if (strcmp(how, "talk") == 0)
        return !(send(fd, how, 1, 0) == 1 && (send(fd, how, 1, 0) == 1 || send(fd, how, 1, 0) == 1));
    pthread_t other;
    pthread_create(&other, NULL, thread, &fd);
    return pthread_join(other, NULL);
}
END
"${CC:-cc}" -g -o stuck stuck.c -pthread || exit 1
cat > server.py << 'END'
import socket, sys, time

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if len(sys.argv) > 2:
    while True:
        listener.accept()[0].close()
time.sleep(1000)
END
scenario() # NAME SERVER CLIENT [RULE]
{
    cat << END
---
name: $1
timeout: 10s
programs:
  server: {run: "$2", ready: {port: "\${port.a}", within: 60s}, wrap: false}
  client: $3
faults: [${4-}]
END
}
for how in read thread poll busy sleep; do
    scenario $how "exec python3 server.py \${port.a}" "exec ./stuck $how \${port.a}"
done > stuck.yaml
scenario held "exec python3 server.py \${port.a}" "exec ./stuck read \${port.a}" \
    '{call: recv, program: client, timeout: 1h}' >> stuck.yaml
said=$("$SOCKFAULT" test -j 6 stuck.yaml)
is_stuck() # NAME OF WHAT
{
    check_match "$1" "^stuck\.yaml:[0-9]+: timed out after 10s: client was still running; it $3$" \
        "$(grep -A 1 "^FAIL $2 " <<< "$said" | tail -n 1)"
}
is_stuck "it waits in a read" read 'waits in read\([0-9]+\), in greeted \(stuck\.c:20\)'
is_stuck "in another thread" thread 'waits in read\([0-9]+\), in greeted \(stuck\.c:20\)'
is_stuck "for readiness" poll 'waits in poll, in main \(stuck\.c:[0-9]+\)'
is_stuck "it is busy" busy 'is busy in work \(stuck\.c:[0-9]+\)'
is_stuck "it sleeps" sleep 'sleeps in main \(stuck\.c:[0-9]+\)'
is_stuck "a rule holds it" held 'is held by a rule in greeted \(stuck\.c:20\)'
check_match "the line is that of the time-out" '^stuck\.yaml:3: ' "$(grep -m 1 'timed out' <<< "$said")"

scenario pipe "exec python3 server.py \${port.a} close" './stuck pipe ${port.a}; exit $?' > pipe.yaml
check_match "what a shell tells of a signal is read" 'client exited with 141 \(128 \+ SIGPIPE\), expected 0' "$("$SOCKFAULT" test pipe.yaml)"
printf 'expect: {client: {exit: any, hygiene: clean}}\n' >> pipe.yaml
check_match "and the warning holds" 'sigpipe: send\([0-9]+\) to server, which had closed, killed the program by SIGPIPE, in [a-z]+ \(' \
    "$("$SOCKFAULT" test pipe.yaml)"
scenario talk "exec python3 server.py \${port.a}" './stuck talk ${port.a}; exit $?' \
    '{call: send, program: client, reset: true, when: {nth: 2}}' > talk.yaml
check_match "explore takes it for a crash" 'crash +client is killed by SIGPIPE' "$("$SOCKFAULT" explore --max-runs 7 talk.yaml 2>&1)"
finish
