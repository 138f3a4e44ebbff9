/* Words in their order, and those that a thread of its own waits in. */
#include "observer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATE_S 0.5 /* all that waits in earnest waits longer, and the rest no fifth of it */

/* Each thread tells of its own. */
static __thread volatile sig_atomic_t signals[NSIG];

void must(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(3);
    }
}

void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

void tell(struct step *step, const char *format, ...)
{
    size_t room = sizeof step->told - step->told_bytes;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(step->told + step->told_bytes, room, format, arguments);
    va_end(arguments);
    step->told_bytes += (size_t)bytes < room ? (size_t)bytes : room - 1;
}

void tell_result(struct step *step, long result)
{
    if (result < 0)
        tell(step, " %s", strerrorname_np(errno));
    else
        tell(step, " %ld", result);
}

void tell_bytes(struct step *step, const char *bytes, long count)
{
    if (count > 0)
        tell(step, " ");
    for (long i = 0; i < count && i < 16; i++)
        tell(step, bytes[i] > ' ' && bytes[i] <= '~' ? "%c" : "\\x%02x", (unsigned char)bytes[i]);
}

long number(const struct step *step, long otherwise)
{
    const char *digits = step->argument ? strpbrk(step->argument, "-0123456789") : NULL;
    return digits ? strtol(digits, NULL, 10) : otherwise;
}

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- one word -------------------------------------------------------------- */

static const struct word *find(const char *name, size_t bytes)
{
    const struct word *const lists[] = {end_words,  transfer_words, wait_words, ask_words,
                                        real_words, network_words,  name_words};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct word *word = lists[i]; word->name; word++)
            if (strlen(word->name) == bytes && strncmp(word->name, name, bytes) == 0)
                return word;
    fprintf(stderr, "observer: no word '%.*s'\n", (int)bytes, name);
    exit(2);
}

/* When the latest thread had been begun: who waits in one is not late for that. */
static _Atomic double settled_s;

static void run(struct step *step, const char *text)
{
    bool is_far = strncmp(text, "far.", 4) == 0;
    const char *name = is_far ? text + 4 : text, *equals = strchr(name, '=');
    const struct word *word = find(name, equals ? (size_t)(equals - name) : strlen(name));
    double began = now_s();

    step->fd = is_far ? ends.far : ends.near;
    step->argument = equals ? equals + 1 : NULL;
    step->told_bytes = 0;
    tell(step, "%s%s", is_far ? "far." : "", word->name);
    word->act(step);
    if (began < settled_s)
        began = settled_s;
    if (now_s() - began >= LATE_S)
        tell(step, " late");
}

/* ---- signals --------------------------------------------------------------- */

static void on_signal(int number)
{
    signals[number] = signals[number] + 1;
}

/* SIGALRM is what ends real calls; a rule needs none, so that it is not told of. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

static void tell_signals(struct step *step)
{
    for (int number = 1; number < NSIG; number++) {
        if (signals[number])
            tell(step, " SIG%s", sigabbrev_np(number));
        signals[number] = 0;
    }
}

/* ---- threads: begin=WORD, join --------------------------------------------- */

#define THREADS 4
static struct {
    pthread_t thread;
    const char *text;
    struct step step;
} others[THREADS];
static int begun, joined;

static void *wait_in(void *other)
{
    int i = *(int *)other;
    run(&others[i].step, others[i].text);
    tell_signals(&others[i].step);
    return NULL;
}

/* By then it waits in its call, where it has to wait. */
#define ASLEEP_MS 150

static void begin(const char *text)
{
    static int indices[THREADS];
    if (begun == THREADS)
        exit(2);
    indices[begun] = begun;
    others[begun].text = text;
    must(-pthread_create(&others[begun].thread, NULL, wait_in, &indices[begun]), "pthread_create");
    begun++;
    pause_ms(ASLEEP_MS);
    settled_s = now_s();
}

/* An alarm is for who is waited for. */
static void join(struct step *step)
{
    sigset_t alarm;
    if (joined == begun)
        exit(2);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    pthread_join(others[joined].thread, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    step->told_bytes = 0;
    tell(step, "thread: %s", others[joined].step.told);
    joined++;
}

/* ---------------------------------------------------------------------------- */

static void play(const char *text, bool is_real)
{
    struct step step;
    char way = *text;
    bool is_of_one = way == '!' || way == '?', is_told = !is_of_one || text[1] == way;

    if ((way == '!' && !is_real) || (way == '?' && is_real))
        return;
    text += is_of_one + (is_of_one && is_told);
    if (strncmp(text, "begin=", 6) == 0) {
        begin(text + 6);
        return;
    }
    if (strcmp(text, "join") == 0)
        join(&step);
    else
        run(&step, text);
    if (!is_told)
        return;
    tell_signals(&step);
    puts(step.told);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    bool is_real = strcmp(argv[1], "real") == 0, is_apart = strcmp(argv[3], "apart") == 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    watch_signals();
    make_ends(argv[2]);
    if (!is_apart)
        connect_ends();
    for (int i = 3 + is_apart; i < argc; i++)
        play(argv[i], is_real);
    return 0;
}
