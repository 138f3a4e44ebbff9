/* A finding of explore: a fault that a program does not survive. */
#ifndef SF_EXPLORE_FINDING_H
#define SF_EXPLORE_FINDING_H

#include "explore/judge.h"

/* All texts belong to the exploration's arena. */
struct sf_explored {
    enum sf_symptom_kind kind;
    const char *program;    /* that shows it */
    const char *struck;     /* the program that met the fault; NULL: a rule of the user's for any */
    const char *site;       /* the family of the call, "link" of a link fault */
    unsigned nth;           /* which call of its count; of a link fault the connection; from 1 */
    const char *place;      /* where the call is made: "greet (greet.c:27)"; "": not known */
    const char *source;     /* the file of its source, as the compiler was told it; "" */
    const char *shown_at;   /* where the program then waited or went round; "" */
    const char *fault;      /* "reset: true" */
    const char *rules;      /* the whole rules as they were tried */
    const char *detail;     /* "SIGSEGV" */
    const char *group;      /* what tells it from others: the same from run to run */
    const char *reproducer; /* its file; NULL: none */
    const char *expected;   /* the file that holds the output that its reproducer expects; NULL: none */
    const char *obstacle;   /* why it has no reproducer; NULL: it has one */
    const char *last_words; /* of the program's standard error; "" */
    unsigned alike;         /* further faults that showed the same */
    bool is_known;          /* --known has it */
    uint64_t seed;
};

struct sf_explored_list {
    struct sf_explored *list;
    size_t count;
};

/* One sentence: "client is killed by SIGSEGV when its recv 3, in read_reply (a.c:12), meets reset: true". */
const char *sf_explored_sentence(struct sf_arena *arena, const struct sf_explored *finding);

#endif
