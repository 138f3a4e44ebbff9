#include "launch/stops.h"

#include "launch/process.h"
#include "launch/shared.h"
#include "launch/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

static void tell_runner(const struct sf_stops *stops, enum sf_request_kind kind)
{
    struct sf_request message = {.kind = kind, .signal = stops->signal};
    send(stops->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void sf_stops_stopped(struct sf_stops *stops, int signal)
{
    stops->signal = signal;
    stops->shown = false;
    if (!stops->owed) /* one at a time, so that there is always room for an answer */
        tell_runner(stops, SF_REQUEST_STOPPED);
    stops->owed = true;
}

void sf_stops_continued(struct sf_stops *stops)
{
    stops->signal = 0;
    stops->shown = false;
}

void sf_stops_answer(struct sf_stops *stops, pid_t program)
{
    if (stops->signal && stops->shown) {
        if (program && sf_process_look(program).state == 'T')
            kill(program, SIGCONT);
        stops->signal = 0;
    }
    stops->shown = stops->owed = stops->signal != 0;
    tell_runner(stops, SF_REQUEST_ANSWER);
}

bool sf_stops_overdue(const struct sf_stops *stops)
{
    return stops->owed && !stops->shown;
}

void sf_stops_wake(const struct sf_stops *stops)
{
    if (sf_stops_overdue(stops) && sf_process_look(stops->runner).state == 'T')
        kill(stops->runner, SIGCONT);
}

/* The signal to stop by; 0: go on, or nobody is left to say. */
static int ask(int control)
{
    struct sf_request message = {.kind = SF_REQUEST_ASK};
    if (send(control, &message, sizeof message, MSG_NOSIGNAL) < 0)
        return 0;
    ssize_t got;
    do {
        got = recv(control, &message, sizeof message, 0);
    } while (got < 0 ? errno == EINTR : got > 0 && message.kind != SF_REQUEST_ANSWER);
    return got > 0 ? message.signal : 0;
}

void sf_stops_follow(int control)
{
    for (int signal; (signal = ask(control)) != 0;)
        sf_signals_stop(signal);
}
