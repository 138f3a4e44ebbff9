/* Where errors may come: the calls, and the kinds of socket, that know one. */
#ifndef SF_COMMANDS_ERROR_PLACES_H
#define SF_COMMANDS_ERROR_PLACES_H

struct sf_arena;

/* "connect (TCP), send (TCP, unix), recv (TCP, unix)", in the arena; "" where no call
 * gives the error to a healthy program. A kind is left out where it goes without
 * saying: all kinds on which the family meets any error at all.
 *
 * error  an errno, or an EAI_* code. */
const char *sf_error_places(struct sf_arena *arena, int error);

#endif
