/* The options that an accepted socket has of its listener. All change errno and are async-signal-safe. */
#ifndef SF_APPLY_INHERIT_H
#define SF_APPLY_INHERIT_H

/* Give `to`, a new socket of the same family, what `from` has: before it connects.
 * Source: sk_clone_lock(), tcp_create_openreq_child(), unix_accept(). */
void sf_inherit(int from, int to);

/* TCP: what an accepted socket tells as it is with its peer; a listener, as it was set. Likewise. */
void sf_inherit_limits(int listener, int to);

/* TCP: its filter, which then drops nothing for `from` any more, and the lock of that: once it has connected,
 * and before bytes come. A filter that looks at ports or addresses stays where these are right. Source:
 * sk_clone_lock(), sk_get_filter(), BPF_LD in linux/bpf_common.h. */
void sf_inherit_filter(int from, int to);

/* TCP: what would come in the way of connecting: once it has. */
void sf_inherit_late(int from, int to);

#endif
