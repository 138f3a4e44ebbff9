/* Pieces of messages: one form for each kind of thing, in findings and reports. */
#ifndef SF_VERIFY_WORDING_H
#define SF_VERIFY_WORDING_H

#include "launch/launch.h"

struct sf_arena;

/* "SIGSEGV", "SIGRTMIN+3"; a number that is no signal as "signal 99". */
const char *sf_word_signal(struct sf_arena *arena, int signal);

/* "250us", "12ms", "1.5s", "2m5s": at most three digits that matter. */
const char *sf_word_duration(struct sf_arena *arena, uint64_t ns);
#define SF_DURATION_TEXT_BYTES 32
void sf_duration_print(char text[static SF_DURATION_TEXT_BYTES], uint64_t ns);

/* "1 call", "12 calls". */
const char *sf_word_count(struct sf_arena *arena, uint64_t count, const char *noun);

/* "127.0.0.1:40000 to 127.0.0.1:80, unix:/run/x.sock, and 3 more"; "": none is known. */
const char *sf_word_leaks(struct sf_arena *arena, const struct sf_leaks *leaks);

/* "./stat (pid 7) and 2 more": what a program executed without the shim, and of how many
 * processes; NULL: nothing. `meant`: only what some rule may have selected. */
const char *sf_word_escaped(struct sf_arena *arena, const struct sf_scenario *scenario,
                            const struct sf_session_memory *session, size_t program, bool meant,
                            unsigned *count);

/* "recv(3) waited 2s for 127.0.0.1:80, which was silent, and has no time-out: greet (greet.c:27)" */
const char *sf_word_habit(struct sf_arena *arena, const struct sf_scenario *scenario,
                          const struct sf_warning *warning);

/* "rule one-byte"; one without an id of its own: "rule 3". */
const char *sf_word_rule(struct sf_arena *arena, const char *id);

/* Bytes of a program as one quoted line: control characters and what is not
 * UTF-8 are escaped. At most `limit` bytes are shown, from `from` on; "..." stands
 * for what is left out on either side. */
const char *sf_word_excerpt(struct sf_arena *arena, const char *data, uint64_t bytes, uint64_t from,
                            uint64_t limit);

/* One line of a program's output, printable but otherwise as it is. */
const char *sf_word_line(struct sf_arena *arena, const char *data, uint64_t bytes, uint64_t limit);

/* How many bytes of valid UTF-8 start here (1 to 4); 0: none does. */
unsigned sf_utf8_length(const char *data, uint64_t bytes);

/* The last line of an output that is not blank, or the summary of a sanitizer, without its
 * end; "" when there is none or it is longer than `limit` bytes. */
const char *sf_word_last_words(struct sf_arena *arena, const struct sf_output *output, uint64_t limit);

#endif
