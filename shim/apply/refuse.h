/* A refusal, by the kernel itself. */
#ifndef SF_APPLY_REFUSE_H
#define SF_APPLY_REFUSE_H

/* Connect `fd` to an address of its own domain where nobody listens: what
 * follows (errno, readiness, SO_ERROR, the next connect) is then the real thing,
 * and the peer that was asked for hears nothing. Returns as connect(2) does. */
int sf_refuse_connect(int fd);

#endif
