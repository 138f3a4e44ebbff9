/* The environment that a program starts with. */
#ifndef SF_LAUNCH_ENVIRON_H
#define SF_LAUNCH_ENVIRON_H

#include <stddef.h>

struct sf_env;

struct sf_environ {
    char **list; /* "NAME=VALUE", NULL-terminated; what execve takes */
    size_t count, room;
};

/* A copy of `base` (NULL-terminated), with the additions over it. */
struct sf_environ sf_environ_new(char *const *base, const struct sf_env *added, size_t added_count);
void sf_environ_free(struct sf_environ *environment);

const char *sf_environ_get(const struct sf_environ *environment, const char *name); /* NULL: not set */
void sf_environ_set(struct sf_environ *environment, const char *name, const char *value);
void sf_environ_unset(struct sf_environ *environment, const char *name);

/* For a wrapped program: the shim in front of what LD_PRELOAD holds, and the
 * session's address. `session` is the value of SF_ENV_SESSION. */
void sf_environ_wrap(struct sf_environ *environment, const char *shim_path, const char *session);

/* For a program without the shim: what an outer sockfault left in our own
 * environment is taken away. */
void sf_environ_unwrap(struct sf_environ *environment);

#endif
