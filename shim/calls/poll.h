/* Raw forms of calls that wait, for syscall(2). They differ from libc's: the kernel
 * writes into `timeout` what is left of it, or EFAULT, where libc reads it first. Errors by errno. */
#ifndef SF_CALLS_POLL_H
#define SF_CALLS_POLL_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
#include <time.h>

int sf_raw_ppoll(struct pollfd *fds, nfds_t count, struct timespec *timeout, const sigset_t *mask,
                 size_t mask_bytes);

/* mask: what pselect6 takes as its sixth argument. */
int sf_raw_pselect(int count, fd_set *in, fd_set *out, fd_set *except, struct timespec *timeout,
                   const void *mask);

/* Only where there is a SYS_select. */
int sf_raw_select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);

#endif
