/* Where a process finds its session. */
#ifndef SF_LOAD_LOAD_H
#define SF_LOAD_LOAD_H

#include "abi/session.h"

#include <limits.h>

struct sf_handover {
    struct sf_session *session;      /* NULL: neither variable is set, nothing to do */
    uint16_t program;                /* our index in its plan */
    const char *library_path;        /* ours, as the dynamic linker knows it */
    const char *preload;             /* LD_PRELOAD as it was, or library_path; static memory */
    const char *environment;         /* "NAME=VALUE" that leads a child here; static memory */
    const char *environment_given;   /* the first as it led here, with a relative path; otherwise NULL */
    const char *environment_program; /* a second one, or NULL */
};

/* By what names this process's executable is known. */
struct sf_executable {
    char file[PATH_MAX]; /* "": it cannot be told, as without /proc */
    const char *called;  /* as exec named it: a link or a script, perhaps; else `file` */
};
void sf_executable_learn(struct sf_executable *executable);

/* Find and map the session that the environment names. Returns NULL, or why
 * that cannot be: the target must not run then. Within a sandbox that was made before its exec
 * and lets nobody ask for the session there is none. Source: shim/abi/session.h. */
const char *sf_session_find(struct sf_handover *handover);

#endif
