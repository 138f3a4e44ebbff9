/* From the arguments of explore to what is explored. */
#ifndef SF_COMMANDS_EXPLORED_H
#define SF_COMMANDS_EXPLORED_H

#include "commands/options.h"
#include "explore/subject.h"

/* What is wrong with the options together; NULL: nothing. */
const char *sf_explored_conflict(struct sf_arena *arena, const struct sf_options *options);

/* Read the scenario, or make one of the command line. *given: the rules of the file, then those of -f; NULL:
 * there are none. False: the errors are printed. */
bool sf_explored_read(struct sf_arena *arena, const struct sf_options *options, struct sf_subject *subject,
                      const struct sf_node **given);

/* Why no call of the programs was seen, a sentence. */
const char *sf_explored_blind(struct sf_arena *arena, const struct sf_subject *subject);

#endif
