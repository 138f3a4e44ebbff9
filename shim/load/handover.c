/* From an environment variable to mapped memory. See abi/session.h for the
 * variables and docs/architecture.md, "Exec", for why there are two ways. */
#include "load/load.h"
#include "load/real.h"
#include "abi/handshake.h"
#include "abi/silence.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

static char library_path[PATH_MAX];
static char environment[sizeof SF_ENV_PLAN + PATH_MAX];
static char environment_given[sizeof SF_ENV_PLAN + PATH_MAX];
static char environment_program[PATH_MAX];
static char preload[2 * PATH_MAX];

struct address { /* SOCKFAULT_SESSION, taken apart */
    unsigned pid, fd, program;
    char id[2 * SF_SESSION_ID_BYTES + 1];
};

static bool parse(const char *text, struct address *address)
{
    int end = 0;
    return sscanf(text, "%u:%u:%32[0-9a-f]:%u%n", &address->pid, &address->fd, address->id, &address->program,
                  &end) == 4 &&
           text[end] == '\0' && strlen(address->id) == 2 * SF_SESSION_ID_BYTES;
}

static bool is_named(const struct sf_session *session, const char *id)
{
    char hex[2 * SF_SESSION_ID_BYTES + 1];
    for (unsigned i = 0; i < SF_SESSION_ID_BYTES; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", session->id[i]);
    return strcmp(hex, id) == 0;
}

/* Map the session behind `fd` and close it. NULL: it is not the one we want. */
static struct sf_session *map_session(int fd, const struct address *address)
{
    struct sf_session header;
    struct stat status;
    void *base = MAP_FAILED;

    if (pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header && fstat(fd, &status) == 0 &&
        memcmp(header.magic, SF_SESSION_MAGIC, sizeof header.magic) == 0 &&
        header.version == SF_SESSION_VERSION && header.total_bytes == (uint64_t)status.st_size &&
        is_named(&header, address->id))
        base = mmap(NULL, header.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    sf_real.close(fd);
    if (base == MAP_FAILED)
        return NULL;
    /* The plan: nothing in a target may change the rules it is tested by. */
    mprotect(base, header.shared_at, PROT_READ);
    return base;
}

static struct sf_session *open_in_proc(const struct address *address)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/fd/%u", address->pid, address->fd);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? NULL : map_session(fd, address);
}

static int receive_descriptor(int socket)
{
    char byte;
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    int fd = -1;

    do
        got = sf_real.recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    struct cmsghdr *first = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(first), sizeof fd);
    return fd;
}

/* For a process that may not look into the supervisor's /proc: other uid, chroot. NULL: errno says
 * why it cannot ask; ECONNREFUSED: the answer was of no use. */
static struct sf_session *ask_supervisor(const struct address *address)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, SF_SOCKET_PREFIX "%s", address->id);
    int socket = sf_real.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sf_session *session = NULL;
    int error = ECONNREFUSED;

    if (socket < 0)
        return NULL;
    if (sf_real.connect(socket, (void *)&name, (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)length)) == 0) {
        int fd = receive_descriptor(socket);
        if (fd >= 0)
            session = map_session(fd, address);
    } else {
        error = errno;
    }
    sf_real.close(socket);
    errno = error;
    return session;
}

/* Does a filter of seccomp(2), from before an exec, keep us from so much as asking? Where nobody listens
 * to what we ask, namespaces do. Programs of the scenario are executed without a filter: this is a
 * child of one, whose announced exec stays what it is, one that ran without the shim. */
static bool is_sandboxed(int error)
{
    return error != ECONNREFUSED && sf_real.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
}

static const char *find_shared(const char *value, struct sf_handover *handover)
{
    struct address address;

    if (!parse(value, &address))
        return SF_ENV_SESSION " is damaged: it is set by `sockfault run` and `sockfault test` alone";
    handover->session = open_in_proc(&address);
    if (!handover->session)
        handover->session = ask_supervisor(&address);
    if (!handover->session && is_sandboxed(errno))
        return NULL;
    if (!handover->session)
        return "cannot reach the session that " SF_ENV_SESSION " names: its runner has ended, is of another "
               "version, or lives in other namespaces";
    const struct sf_plan *plan = (const void *)((char *)handover->session + handover->session->plan_at);
    if (address.program >= plan->program_count)
        return SF_ENV_SESSION " names a program that the plan does not have";
    handover->program = (uint16_t)address.program;
    snprintf(environment, sizeof environment, SF_ENV_SESSION "=%s", value);
    return NULL;
}

void sf_executable_learn(struct sf_executable *executable)
{
    ssize_t length = readlink("/proc/self/exe", executable->file, sizeof executable->file - 1);
    const char *called = (const char *)getauxval(AT_EXECFN);

    executable->file[length > 0 ? length : 0] = '\0';
    executable->called = called ? called : executable->file;
}

static bool find_name(const struct sf_plan *plan, const char *name, uint16_t *program)
{
    const struct sf_plan_program *programs = sf_plan_programs(plan);

    for (uint32_t i = 0; i < plan->program_count; i++) {
        if (strcmp(sf_plan_string(plan, programs[i].name_at), name) == 0) {
            *program = (uint16_t)i;
            return true;
        }
    }
    return false;
}

/* The program that is named as this executable. */
static bool find_own_name(const struct sf_plan *plan, uint16_t *program)
{
    struct sf_executable executable;

    sf_executable_learn(&executable);
    return find_name(plan, basename(executable.called), program) ||
           find_name(plan, basename(executable.file), program) ||
           find_name(plan, program_invocation_short_name, program);
}

static const char *find_program(const struct sf_plan *plan, const char *name, uint16_t *program)
{
    *program = 0;
    if (name ? find_name(plan, name, program) : plan->program_count == 1 || find_own_name(plan, program))
        return NULL;
    return "the plan has no program of this name: set " SF_ENV_PROGRAM " to one that it has";
}

/* Children are of the program that started them, whatever they execute. */
static const char *hand_on(const struct sf_plan *plan, struct sf_handover *handover)
{
    const char *name = sf_plan_string(plan, sf_plan_programs(plan)[handover->program].name_at);

    if (plan->program_count == 1) /* it fits whatever loads it */
        return NULL;
    if (strlen(name) >= sizeof environment_program - sizeof SF_ENV_PROGRAM)
        return "the name of this program is too long for " SF_ENV_PROGRAM;
    snprintf(environment_program, sizeof environment_program, SF_ENV_PROGRAM "=%s", name);
    handover->environment_program = environment_program;
    return NULL;
}

/* Far above the numbers that programs get for what they open. */
#define HIGH_DESCRIPTOR 1000

/* A mapping of a TCP socket, which nobody reads: it holds the socket when its descriptors are
 * gone, and so does that of a forked child. Source: tcp_mmap(), Linux 4.18. */
static bool hold_by_mapping(int fd)
{
    return mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;
}

/* Where no runner holds the silent port, the process does: by no descriptor, which it might
 * close with all others, or, where the kernel knows no other way, by such that leave the
 * program's own the numbers which they would have without us. */
static uint32_t hold_silence(void)
{
    const struct sf_silence_calls calls = {.socket = sf_real.socket,
                                           .bind = sf_real.bind,
                                           .listen = sf_real.listen,
                                           .connect = sf_real.connect,
                                           .getsockname = sf_real.getsockname,
                                           .setsockopt = sf_real.setsockopt,
                                           .close = sf_real.close};
    struct sf_silence silence;
    struct rlimit limit;
    uint32_t port = sf_silence_hold(&calls, &silence);

    if (!port)
        return 0;
    if (hold_by_mapping(silence.listener) && hold_by_mapping(silence.filler)) {
        sf_silence_release(&calls, &silence);
        return port;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return port;
    int lowest = limit.rlim_cur > HIGH_DESCRIPTOR + 2 ? HIGH_DESCRIPTOR : (int)limit.rlim_cur - 2;
    int listener = sf_real.fcntl(silence.listener, F_DUPFD_CLOEXEC, lowest);
    int filler = sf_real.fcntl(silence.filler, F_DUPFD_CLOEXEC, lowest);
    if (listener < 0 || filler < 0)
        return 0;
    sf_silence_release(&calls, &silence);
    return port;
}

/* Memory of our own for the plan's state: shared with forked children; an
 * executed one starts anew. */
static struct sf_session *make_session(const struct sf_plan *plan)
{
    struct sf_session header = {0};
    sf_session_lay_out(&header, plan, NULL, (uint64_t)sysconf(_SC_PAGESIZE));
    if (sf_plan_wants_silence(plan) && !(header.silent_port = hold_silence()))
        return NULL;
    void *base = mmap(NULL, header.total_bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    sf_session_fill(base, &header, plan, NULL);
    mprotect(base, header.shared_at, PROT_READ);
    return base;
}

static const char *find_file(const char *path, struct sf_handover *handover)
{
    const char *why;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is no plan to wait for */

    if (fd < 0)
        return "cannot open the file that " SF_ENV_PLAN " names";
    void *image = fstat(fd, &status) == 0 && status.st_size > 0
                      ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                      : MAP_FAILED;
    sf_real.close(fd);
    if (image == MAP_FAILED)
        return "cannot read the file that " SF_ENV_PLAN " names";
    why = sf_plan_verify(image, (uint64_t)status.st_size);
    if (!why)
        why = find_program(image, getenv(SF_ENV_PROGRAM), &handover->program);
    if (!why)
        why = hand_on(image, handover);
    if (!why) {
        handover->session = make_session(image);
        if (!handover->session)
            why = "no memory for the plan's state, or no port that stays silent";
    }
    munmap(image, (size_t)status.st_size);
    if (!realpath(path, environment + sizeof SF_ENV_PLAN))
        return "the path in " SF_ENV_PLAN " is too long";
    memcpy(environment, SF_ENV_PLAN "=", sizeof SF_ENV_PLAN);
    if (*path != '/') {
        snprintf(environment_given, sizeof environment_given, SF_ENV_PLAN "=%s", path);
        handover->environment_given = environment_given;
    }
    return why;
}

const char *sf_session_find(struct sf_handover *handover)
{
    const char *shared = getenv(SF_ENV_SESSION), *plan = getenv(SF_ENV_PLAN), *why = NULL;
    Dl_info self;

    if (shared)
        why = find_shared(shared, handover);
    else if (plan)
        why = find_file(plan, handover);
    if (!handover->session)
        return why;
    if (!dladdr(library_path, &self) || strlen(self.dli_fname) >= sizeof library_path)
        return "cannot find the path of libsockfault.so";
    strcpy(library_path, self.dli_fname);
    handover->library_path = library_path;
    const char *value = getenv("LD_PRELOAD");
    if (value && strlen(value) >= sizeof preload)
        return "LD_PRELOAD is too long";
    strcpy(preload, value && strstr(value, library_path) ? value : library_path);
    handover->preload = preload;
    handover->environment = environment;
    return why;
}
