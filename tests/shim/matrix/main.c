/* matrix list           every cell: its name, a tab, the rule of its fault
 * matrix real           the cells whose names come on stdin, natively
 * matrix injected       the same, where a rule for each waits for the file of its name
 *
 * Each cell is a process; JOBS of them run side by side, and under rules each makes
 * itself a folder. What a cell prints begins
 * with `== NAME`. */
#include "matrix.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 16, SECONDS_MAX = 30 };

static const struct {
    const struct function *functions;
    void (*run)(struct cell *cell);
} scripts[] = {
    {receive_functions, run_receive}, {send_functions, run_send}, {accept_functions, run_accept},
    {connect_functions, run_connect}, {poll_functions, run_poll}, {other_functions, run_other},
    {resolve_functions, run_resolve},
};

/* Another name, or the raw form, of a function that is tried with every kind of socket. */
static bool is_like(const char *name)
{
    return strncmp(name, "sys_", 4) == 0 || strncmp(name, "__", 2) == 0 || strstr(name, "64");
}

/* Everything but modes that the tables leave out; false: there is no such cell. */
static bool make_cell(struct cell *cell, const struct function *function, const struct fault *fault,
                      const struct kind *kind, const struct mode *mode, bool is_first)
{
    if (!(fault->families & OF(function->family)) || (fault->is_sweep && !is_first))
        return false;
    if (kind->is_like && is_like(function->name))
        return false;
    if (!(fault->kinds & function->kinds & kind->bit) || !(fault->modes & function->modes & mode->bit))
        return false;
    *cell = (struct cell){.function = function,
                          .fault = fault,
                          .kind = kind,
                          .mode = mode,
                          .near = -1,
                          .far = -1,
                          .listener = -1};
    snprintf(cell->name, sizeof cell->name, "%s.%s.%s.%s", function->name, fault->name, kind->name,
             mode->name);
    if (fault->kind == FAULT_CUT)
        cell->fault = cut_short(cell);
    cell->illegal = illegal_at(cell);
    cell->rule = fault->rule;
    return true;
}

/* All cells, in the order of the tables; not for the children, to whom copying it is dear. */
enum { CELLS_MAX = 100000 };
static struct cell *cells;
static size_t cell_count;

static bool has_ipv6(void)
{
    const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool has = fd >= 0 && bind(fd, (const void *)&loopback, sizeof loopback) == 0;
    close(fd);
    return has;
}

static void make_cells_of(const struct function *function, void (*run)(struct cell *), bool is_first)
{
    static int has_6 = -1;
    struct cell cell;

    has_6 = has_6 < 0 ? has_ipv6() : has_6;
    for (const struct fault *fault = faults; fault->name; fault++)
        for (const struct kind *kind = kinds; kind->name; kind++)
            for (const struct mode *mode = modes; mode->name; mode++) {
                if ((kind->domain == AF_INET6 && !has_6) ||
                    !make_cell(&cell, function, fault, kind, mode, is_first))
                    continue;
                if (cell_count == CELLS_MAX)
                    exit(2);
                cell.run = run;
                cells[cell_count++] = cell;
            }
}

static void make_cells(void)
{
    unsigned families = 0;

    cells = mmap(NULL, CELLS_MAX * sizeof *cells, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cells == MAP_FAILED || madvise(cells, CELLS_MAX * sizeof *cells, MADV_DONTFORK) != 0)
        exit(2);
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++)
        for (const struct function *function = scripts[s].functions; function->name; function++) {
            make_cells_of(function, scripts[s].run, !(families & OF(function->family)));
            families |= OF(function->family);
        }
}

/* Names come in the order of the list: the search goes on where it ended. */
static struct cell *find(const char *name)
{
    static size_t at;
    for (size_t tries = 0; tries < cell_count; tries++, at++) {
        at = at < cell_count ? at : 0;
        if (strcmp(cells[at].name, name) == 0)
            return &cells[at++];
    }
    fprintf(stderr, "no cell %s\n", name);
    exit(2);
}

/* One that hangs is ended, whatever it does to its alarms. */
static void bound(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    const struct itimerspec time = {.it_value = {.tv_sec = SECONDS_MAX}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &time, NULL) != 0)
        _exit(2);
}

static void run_cell(struct cell *cell, bool is_real)
{
    bound();
    cell->real = is_real;
    handle_pipe();
    if (!is_real && (mkdir(cell->name, 0700) != 0 || chdir(cell->name) != 0))
        _exit(2);
    cell->run(cell);
    say_rule(cell);
    flush_words(cell->name);
    _exit(0);
}

struct job {
    pid_t pid;
    char name[128];
};

static void reap(struct job *jobs, int *running)
{
    int status;
    pid_t pid = wait(&status);

    for (int i = 0; i < JOBS; i++) {
        if (jobs[i].pid != pid)
            continue;
        if (status != 0)
            dprintf(STDOUT_FILENO, "== %s\nended with status %#x\n", jobs[i].name, (unsigned)status);
        jobs[i].pid = 0;
        (*running)--;
    }
}

static void run_all(bool is_real)
{
    struct job jobs[JOBS] = {0};
    char line[256];
    int running = 0, free;

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        struct cell cell = *find(line);
        while (running == JOBS)
            reap(jobs, &running);
        for (free = 0; jobs[free].pid != 0; free++)
            ;
        snprintf(jobs[free].name, sizeof jobs[free].name, "%s", cell.name);
        jobs[free].pid = fork();
        if (jobs[free].pid == 0)
            run_cell(&cell, is_real);
        running++;
    }
    while (running > 0)
        reap(jobs, &running);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    make_cells();
    if (strcmp(argv[1], "list") != 0)
        run_all(strcmp(argv[1], "real") == 0);
    else
        for (size_t i = 0; i < cell_count; i++)
            printf("%s\tcall: %s, %s\n", cells[i].name, cells[i].function->call, cells[i].rule);
    return 0;
}
