/* Reads one byte of a socket in many a place: `main PLACE…` prints for each what the read gave.
 * A place is a function here, or one of a library: LIBRARY:NAME. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static int ends[2];
static volatile int got;

/* Volatile marks keep functions alike apart, and calls from being the last thing that they do. */
static volatile int mark;

__attribute__((noinline)) static void take(void)
{
    char byte;
    if (send(ends[0], "x", 1, 0) != 1)
        exit(1);
    got = recv(ends[1], &byte, 1, 0) == 1 ? 0 : errno;
    mark++;
}

__attribute__((noinline)) static void reload_config(void)
{
    take();
    mark += 2;
}

__attribute__((noinline)) static void poll_peer(void)
{
    take();
    mark += 3;
}

__attribute__((noinline)) static void both(void)
{
    reload_config();
    poll_peer();
}

static int compare(const void *a, const void *b)
{
    reload_config();
    return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static void sort(void)
{
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, compare);
}

static void handle(int number)
{
    (void)number;
    take();
}

__attribute__((noinline)) static void raise_signal(void)
{
    raise(SIGUSR1);
    mark += 5;
}

static char stack_of_handlers[16384];

__attribute__((noinline)) static void handler(void)
{
    const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    const stack_t other = {.ss_sp = stack_of_handlers, .ss_size = sizeof stack_of_handlers};
    sigaltstack(&other, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise_signal();
}

static void *start(void *context)
{
    reload_config();
    return context;
}

__attribute__((noinline)) static void thread(void)
{
    pthread_t id;
    if (pthread_create(&id, NULL, start, NULL) == 0)
        pthread_join(id, NULL);
    mark += 7;
}

__attribute__((noinline)) static void vforked(void)
{
    pid_t child = vfork();
    if (child == 0) {
        reload_config();
        _exit(0);
    }
    waitpid(child, NULL, 0);
    mark += 11;
}

static ucontext_t outer, inner;
static char own_stack[65536];

__attribute__((noinline)) static void coroutine(void)
{
    getcontext(&inner);
    inner.uc_stack = (stack_t){.ss_sp = own_stack, .ss_size = sizeof own_stack};
    inner.uc_link = &outer;
    makecontext(&inner, reload_config, 0);
    swapcontext(&outer, &inner);
    mark += 13;
}

__attribute__((noinline)) static void down(int depth)
{
    if (depth == 0)
        take();
    else
        down(depth - 1);
    mark += 17;
}

__attribute__((noinline)) static void down_200(void)
{
    down(200);
    mark += 19;
}

__attribute__((noinline)) static void down_300(void)
{
    down(300);
    mark += 23;
}

#ifdef __x86_64__
/* Code that was made at run time, of which nothing says where its frames are: with a frame pointer,
 * and with whatever in its place. */
static void run_made(const void *code, size_t bytes)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(at, code, bytes);
    ((void (*)(void (*)(void)))at)(take);
    mark += 29;
}

__attribute__((noinline)) static void made_with_pointer(void)
{
    /* push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret */
    run_made("\x55\x48\x89\xe5\xff\xd7\x5d\xc3", 8);
}

__attribute__((noinline)) static void made_without(void)
{
    /* push %rbp; lea 0x7070(%rsp), %rbp; call *%rdi; pop %rbp; ret */
    run_made("\x55\x48\x8d\xac\x24\x70\x70\x00\x00\xff\xd7\x5d\xc3", 13);
    /* push %rbp; mov $0x10, %ebp; call *%rdi; pop %rbp; ret */
    run_made("\x55\xbd\x10\x00\x00\x00\xff\xd7\x5d\xc3", 10);
}
#else
static void made_with_pointer(void)
{
    take();
}
#define made_without made_with_pointer
#endif

__attribute__((noinline)) static void look_up(void)
{
    struct addrinfo *list = NULL;
    got = getaddrinfo("127.0.0.1", "80", NULL, &list);
    if (list)
        freeaddrinfo(list);
    mark += 31;
}

__attribute__((noinline)) static void wait_for_input(void)
{
    struct pollfd wait = {.fd = ends[1], .events = POLLOUT};
    got = poll(&wait, 1, 0) < 0 ? errno : 0;
    mark += 37;
}

/* LIBRARY:NAME, which is handed `take`; the library is closed again. */
static void run_foreign(char *place)
{
    char *name = strchr(place, ':');
    *name++ = '\0';
    void *library = dlopen(place, RTLD_NOW);
    void (*run)(void (*)(void)) = library ? (void (*)(void (*)(void)))dlsym(library, name) : NULL;
    if (!run) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    run(take);
    dlclose(library);
}

enum { CROWD = 16 };

static pthread_barrier_t barrier;
static _Atomic int failed;

static void take_one(void)
{
    int own[2];
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, own) != 0 || send(own[0], "x", 1, 0) != 1)
        exit(1);
    failed += recv(own[1], &byte, 1, 0) < 0 && errno == EIO;
}

static void *run_in_crowd(void *context)
{
    pthread_barrier_wait(&barrier);
    (*(void (**)(void (*)(void)))context)(take_one);
    return NULL;
}

/* Many threads meet a library at once: each of their reads fails or none does. */
__attribute__((noinline)) static void crowd(void)
{
    pthread_t threads[CROWD];
    void *library = dlopen("./large.so", RTLD_NOW), *run = library ? dlsym(library, "run_one") : NULL;
    if (!run || pthread_barrier_init(&barrier, NULL, CROWD) != 0)
        exit(1);
    for (int i = 0; i < CROWD; i++)
        if (pthread_create(&threads[i], NULL, run_in_crowd, &run) != 0)
            exit(1);
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    got = failed == CROWD ? EIO : failed;
}

/* By the time that it is looked into, the library's file is another one. */
__attribute__((noinline)) static void replaced(void)
{
    void *library = dlopen("./replaced.so", RTLD_NOW);
    void (*run)(void (*)(void)) = library ? (void (*)(void (*)(void)))dlsym(library, "run_two") : NULL;
    if (!run || rename("other.so", "replaced.so") != 0)
        exit(1);
    run(take);
}

static const struct {
    const char *name;
    void (*run)(void);
} places[] = {
    {"reload_config", reload_config},
    {"poll_peer", poll_peer},
    {"both", both},
    {"sort", sort},
    {"handler", handler},
    {"thread", thread},
    {"vforked", vforked},
    {"coroutine", coroutine},
    {"down_200", down_200},
    {"down_300", down_300},
    {"made_with_pointer", made_with_pointer},
    {"made_without", made_without},
    {"look_up", look_up},
    {"wait_for_input", wait_for_input}, {"crowd", crowd}, {"replaced", replaced},
};

int main(int argc, char **argv)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 1;
    for (int i = 1; i < argc; i++) {
        got = 0;
        for (size_t at = 0; at < sizeof places / sizeof places[0]; at++)
            if (strcmp(argv[i], places[at].name) == 0)
                places[at].run();
        if (strchr(argv[i], ':'))
            run_foreign(argv[i]);
        printf("%s%s", i > 1 ? " " : "",
               got == EIO         ? "EIO"
               : got == EAI_AGAIN ? "EAI_AGAIN"
               : got              ? strerror(got)
                                  : "ok");
    }
    printf("\n");
    return 0;
}
