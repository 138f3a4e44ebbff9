/* Where a program can be when it is looked at. One case a run: prints how often it looked, and
 * fails if we and the compiler's run-time differ on any stack. */
#include "frames.h"

#include "unwind/frame.h"

#include <alloca.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { FRAMES_MAX = 200 };

static unsigned looks, differences;

struct search {
    uintptr_t code;
    struct sf_cfi cfi;
};

static int visit(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct search *search = context;
    const ElfW(Phdr) *header = NULL;
    int is_here = 0;

    (void)bytes;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        is_here |= segment->p_type == PT_LOAD &&
                   search->code - info->dlpi_addr - segment->p_vaddr < segment->p_memsz;
        header = segment->p_type == PT_GNU_EH_FRAME ? segment : header;
    }
    for (int i = 0; is_here && header && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || header->p_vaddr - segment->p_vaddr >= segment->p_memsz)
            continue;
        search->cfi.header = (const uint8_t *)info->dlpi_addr + header->p_vaddr;
        search->cfi.start = (const uint8_t *)info->dlpi_addr + segment->p_vaddr;
        search->cfi.end = search->cfi.start + segment->p_memsz;
    }
    return is_here;
}

static bool read_word(void *context, uintptr_t address, uintptr_t *word)
{
    unsigned char resident;
    (void)context;
    if (address % sizeof *word != 0 || mincore((void *)(address & ~(uintptr_t)4095), 1, &resident) != 0)
        return false;
    *word = *(const uintptr_t *)address;
    return true;
}

__attribute__((noinline)) static unsigned follow(void **frames)
{
    const struct sf_reader reader = {read_word, NULL};
    struct sf_frame frame = {.is_exact = true};
    unsigned count = 0;
    bool is_left = true;

    SF_REGISTERS_TAKE(frame.registers);
    frame.code = frame.registers[SF_REGISTER_RETURN];
    while (is_left && count < FRAMES_MAX) {
        struct search search = {.code = sf_frame_place(&frame)};
        frames[count++] = (void *)frame.code;
        dl_iterate_phdr(visit, &search);
        is_left = sf_frame_leave(&frame, &search.cfi, &reader);
    }
    return count;
}

static void tell(const char *who, void **frames, unsigned count)
{
    fprintf(stderr, "%s, %u frames\n", who, count);
    backtrace_symbols_fd(frames, (int)count, 2);
}

__attribute__((noinline)) void look(void)
{
    void *ours[FRAMES_MAX], *theirs[FRAMES_MAX];
    unsigned our_count = follow(ours), their_count = (unsigned)backtrace(theirs, FRAMES_MAX);

    looks++;
    /* Ours begins one frame further in. The places in this function itself differ. */
    if (our_count - 2 == their_count - 1 &&
        memcmp(ours + 2, theirs + 1, (their_count - 1) * sizeof *ours) == 0)
        return;
    if (differences++ == 0) {
        tell("ours", ours, our_count);
        tell("theirs", theirs, their_count);
    }
}

/* ---- where it is ---- */

static volatile int nothing; /* against tail calls */

__attribute__((noinline)) static int chain(int depth)
{
    char buffer[64];
    memset(buffer, depth, sizeof buffer);
    if (depth == 0)
        look();
    else
        chain(depth - 1);
    return nothing + buffer[depth];
}

static void deep(void)
{
    chain(60);
}

__attribute__((noinline)) static int vary(int depth, size_t bytes)
{
    char *on_stack = alloca(bytes);
    char array[depth + 1];
    _Alignas(64) char aligned[128];

    memset(on_stack, 1, bytes);
    memset(array, 2, (size_t)depth + 1);
    memset(aligned, 3, sizeof aligned);
    if (depth > 0)
        vary(depth - 1, bytes * 3 % 5000 + 1);
    look();
    return nothing + on_stack[0] + array[depth] + aligned[5];
}

static void varying(void)
{
    vary(12, 1000);
}

static jmp_buf back;

__attribute__((noinline, noreturn)) static void never_returns(int way)
{
    look();
    longjmp(back, way);
}

/* The call is the last instruction: its return address belongs to whatever follows. */
__attribute__((noinline, noreturn)) static void ends_in_call(int way)
{
    look();
    never_returns(way + 1);
}

static void noreturns(void)
{
    if (setjmp(back) == 0)
        ends_in_call(1);
    look();
}

static int compare(const void *a, const void *b)
{
    look();
    return *(const int *)a - *(const int *)b;
}

static void callbacks(void)
{
    int numbers[] = {5, 3, 9, 1, 7, 2, 8};
    int key = 7;
    qsort(numbers, 7, sizeof *numbers, compare);
    bsearch(&key, numbers, 7, sizeof *numbers, compare);
}

static void handle(int number)
{
    (void)number;
    look();
}

static void handle_raise(int number)
{
    (void)number;
    look();
    raise(SIGUSR2);
}

static char stack_of_handlers[1 << 17];

static void handlers(void)
{
    struct sigaction action = {.sa_handler = handle_raise};
    const stack_t other = {.ss_sp = stack_of_handlers, .ss_size = sizeof stack_of_handlers};

    sigaltstack(&other, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = handle;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR1);
    raise(SIGUSR2);
}

static void *start(void *context)
{
    look();
    chain(3);
    vary(3, 10);
    handlers();
    return context;
}

static void threads(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, start, NULL) == 0)
        pthread_join(thread, NULL);
}

/* A stack of the program's own, that ends nowhere. */
static ucontext_t outer, inner;
static char own_stack[1 << 17];

static void on_own_stack(void)
{
    look();
    chain(4);
    raise(SIGUSR2);
}

/* The handlers' stack lies above it, and so leaving them leads down. */
static void contexts(void)
{
    char stack[1 << 15];
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};

    sigaltstack(&other, NULL);
    sigaction(SIGUSR2, &action, NULL);
    getcontext(&inner);
    inner.uc_stack = (stack_t){.ss_sp = own_stack, .ss_size = sizeof own_stack};
    inner.uc_link = &outer;
    makecontext(&inner, on_own_stack, 0);
    swapcontext(&outer, &inner);
    look();
}

#ifdef __x86_64__
/* Looks at each instruction of what comes, through procedure linkage tables, prologues and epilogues. */
#define TRAP_FLAG 0x100

static volatile int is_over;

static void handle_step(int number, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    (void)number;
    (void)info;
    look();
    if (is_over)
        at->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static int compare_quietly(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Without a stack to align: gcc does not describe the epilogues that goes with. */
__attribute__((noinline)) static long work(int depth, size_t bytes)
{
    char array[128];
    char *on_stack = alloca(bytes);
    int numbers[] = {5, 3, 9, 1};

    memset(array, depth, sizeof array);
    memset(on_stack, depth, bytes);
    qsort(numbers, 4, sizeof *numbers, compare_quietly);
    return depth > 0 ? work(depth - 1, bytes * 2) + array[depth]
                     : strtol("42", NULL, 10) + on_stack[0] + numbers[2];
}

static void steps(void)
{
    struct sigaction action = {.sa_sigaction = handle_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    __asm__ volatile("pushf; orl %0, (%%rsp); popf" ::"i"(TRAP_FLAG) : "memory", "cc");
    work(3, 100);
    is_over = 1;
}
#endif

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"deep", deep},         {"varying", varying}, {"noreturns", noreturns}, {"callbacks", callbacks},
    {"handlers", handlers}, {"threads", threads}, {"contexts", contexts},   {"thrown", look_while_thrown},
#ifdef __x86_64__
    {"steps", steps},
#endif
};

int main(int argc, char **argv)
{
    look(); /* backtrace(3) loads a library at first */
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(cases[i].name, argv[1]) == 0)
            cases[i].run();
    printf("%u\n", looks - 1);
    return differences != 0 || looks < 2;
}
