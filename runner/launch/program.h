/* Start one program. */
#ifndef SF_LAUNCH_PROGRAM_H
#define SF_LAUNCH_PROGRAM_H

#include "launch/shared.h"

/* The parent's ends of a program's stdio in CAPTURE mode; non-blocking. */
struct sf_stdio_ends {
    int in, out, err;
};

/* Fork it and let it go. Returns its pid, or -1 with errno. What goes wrong in
 * the child, an exec that fails above all, it writes into its sf_exit before it
 * exits with 127, for whoever reaps it. `session_fd` is the session's
 * descriptor here, in the supervisor. */
pid_t sf_program_start(const struct sf_supervision *supervision, unsigned index, int session_fd,
                       struct sf_stdio_ends *ends);

#endif
