/* The options that an accepted socket has of its listener. */
#ifndef SF_APPLY_INHERIT_H
#define SF_APPLY_INHERIT_H

/* Give `to`, a new socket of the same family, those that `from` has. Changes errno.
 * Source: sk_clone_lock(), tcp_create_openreq_child(). */
void sf_inherit(int from, int to);

#endif
