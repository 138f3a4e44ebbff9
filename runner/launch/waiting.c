#include "launch/waiting.h"

#include "launch/launch.h"
#include "launch/process.h"
#include "launch/tree.h"
#include "trace/sites.h"

#include <dirent.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 1000 }; /* that are looked at: a program with more has its reason */

/* How much a thread has to tell. */
enum about { NOTHING, SLEEPS, WAITS_IN_FILE, IS_BUSY, WAITS_FOR_READINESS, WAITS_IN_SOCKET, IS_HELD };

static const char *const verbs[] = {
    [SLEEPS] = "sleeps",         [WAITS_IN_FILE] = "waits",
    [IS_BUSY] = "is busy",       [WAITS_FOR_READINESS] = "waits",
    [WAITS_IN_SOCKET] = "waits", [IS_HELD] = "is held by a rule",
};

static const struct {
    long number;
    const char *name;
    enum about about;
} calls[] = {
    {SYS_read, "read", WAITS_IN_FILE},
    {SYS_readv, "readv", WAITS_IN_FILE},
    {SYS_recvfrom, "recvfrom", WAITS_IN_FILE},
    {SYS_recvmsg, "recvmsg", WAITS_IN_FILE},
    {SYS_recvmmsg, "recvmmsg", WAITS_IN_FILE},
    {SYS_write, "write", WAITS_IN_FILE},
    {SYS_writev, "writev", WAITS_IN_FILE},
    {SYS_sendto, "sendto", WAITS_IN_FILE},
    {SYS_sendmsg, "sendmsg", WAITS_IN_FILE},
    {SYS_sendmmsg, "sendmmsg", WAITS_IN_FILE},
    {SYS_connect, "connect", WAITS_IN_FILE},
    {SYS_accept, "accept", WAITS_IN_FILE},
    {SYS_accept4, "accept4", WAITS_IN_FILE},
    {SYS_ppoll, "ppoll", WAITS_FOR_READINESS},
    {SYS_pselect6, "pselect", WAITS_FOR_READINESS},
    {SYS_epoll_pwait, "epoll_pwait", WAITS_FOR_READINESS},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", WAITS_FOR_READINESS},
#endif
#ifdef SYS_poll /* those that younger architectures do without */
    {SYS_poll, "poll", WAITS_FOR_READINESS},
    {SYS_select, "select", WAITS_FOR_READINESS},
    {SYS_epoll_wait, "epoll_wait", WAITS_FOR_READINESS},
#endif
#ifdef SYS_futex_waitv
    {SYS_futex_waitv, "futex_waitv", IS_HELD}, /* the shim waits so; of libc nothing does */
#endif
    {SYS_nanosleep, "nanosleep", SLEEPS},
    {SYS_clock_nanosleep, "clock_nanosleep", SLEEPS},
};

struct thread {
    pid_t pid, tid;
    enum about about;
    const char *call; /* NULL: in none of these */
    int fd;
};

static bool is_socket(pid_t pid, int fd)
{
    char path[64], target[32] = "";
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
    return readlink(path, target, sizeof target - 1) > 0 && strncmp(target, "socket:", 7) == 0;
}

/* /proc/PID/task/TID/syscall, proc_pid_syscall(5): "NUMBER 0xARGUMENT …", or "running". */
static struct thread look_at_thread(pid_t pid, pid_t tid)
{
    struct thread thread = {.pid = pid, .tid = tid};
    char path[64], text[256] = "";
    long number;
    unsigned long first;

    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return thread;
    bool is_read = read(file, text, sizeof text - 1) > 0;
    close(file);
    if (is_read && strncmp(text, "running", 7) == 0)
        thread.about = IS_BUSY;
    if (!is_read || sscanf(text, "%ld %lx", &number, &first) != 2)
        return thread;
    for (size_t i = 0; i < sizeof calls / sizeof *calls && !thread.call; i++)
        if (calls[i].number == number) {
            thread.call = calls[i].name;
            thread.about = calls[i].about;
            thread.fd = (int)first;
        }
    if (thread.about == WAITS_IN_FILE && is_socket(pid, thread.fd))
        thread.about = WAITS_IN_SOCKET;
    return thread;
}

static struct thread find_thread(const struct sf_pids *processes)
{
    struct thread best = {0};
    int looked = 0;
    for (size_t i = 0; i < processes->count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", (int)processes->list[i]);
        DIR *tasks = opendir(path);
        for (struct dirent *entry; tasks && looked < THREADS_MAX && (entry = readdir(tasks));) {
            if (entry->d_name[0] == '.')
                continue;
            struct thread thread = look_at_thread(processes->list[i], atoi(entry->d_name));
            best = thread.about > best.about ? thread : best;
            looked++;
        }
        if (tasks)
            closedir(tasks);
    }
    return best;
}

/* ---- where in the source ---- */

struct search {
    struct sf_sites *sites;
    Dwfl *dwfl;
    pid_t pid;
    char *room;
};

/* Whoever wrote the program did not write these. */
static bool is_ours_or_libc(const char *path)
{
    static const char *const names[] = {"libsockfault.so", "libc.so",  "libc-",
                                        "libpthread",      "ld-linux", "[vdso"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int look_at_frame(Dwfl_Frame *frame, void *context)
{
    const struct search *search = context;
    bool is_activation;
    Dwarf_Addr pc;
    if (!dwfl_frame_pc(frame, &pc, &is_activation))
        return DWARF_CB_ABORT;
    uint64_t returns_to = pc + is_activation;
    Dwfl_Module *module = dwfl_addrmodule(search->dwfl, returns_to - 1);
    const char *path = module ? dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL) : NULL;
    if (!path || is_ours_or_libc(path))
        return DWARF_CB_OK;
    sf_sites_name(search->sites, (uint32_t)search->pid, returns_to, search->room, SF_ABOUT_BYTES / 2);
    return *search->room ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/* The innermost function of the program's own, "": it cannot be told. */
static void find_place(const struct thread *thread, char *room)
{
    static char *debug_path;
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .debuginfo_path = &debug_path};
    struct search search = {.pid = thread->pid, .room = room, .dwfl = dwfl_begin(&callbacks)};
    *room = '\0';
    if (!search.dwfl)
        return;
    search.sites = sf_sites_new();
    if (dwfl_linux_proc_report(search.dwfl, thread->pid) == 0 &&
        dwfl_report_end(search.dwfl, NULL, NULL) == 0 &&
        dwfl_linux_proc_attach(search.dwfl, thread->pid, false) == 0)
        dwfl_getthread_frames(search.dwfl, thread->tid, look_at_frame, &search);
    sf_sites_free(search.sites);
    dwfl_end(search.dwfl);
}

void sf_waiting_tell(pid_t pid, char *text)
{
    struct sf_pids processes = {0};
    char place[SF_ABOUT_BYTES / 2] = "", call[64] = "";

    *text = '\0';
    sf_tree_program(pid, &processes);
    struct thread thread = find_thread(&processes);
    sf_pids_free(&processes);
    if (thread.about == NOTHING)
        return;
    if (thread.about == WAITS_FOR_READINESS)
        snprintf(call, sizeof call, " in %s", thread.call);
    else if (thread.about == WAITS_IN_FILE || thread.about == WAITS_IN_SOCKET)
        snprintf(call, sizeof call, " in %s(%d)", thread.call, thread.fd);
    if (sf_process_look(thread.tid).state != 'D') /* which ptrace(2) would wait for, too */
        find_place(&thread, place);
    snprintf(text, SF_ABOUT_BYTES, "%s%s%s%s%s", verbs[thread.about], call, *call && *place ? "," : "",
             *place ? " in " : "", place);
}
