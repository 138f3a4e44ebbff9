/* Signals that end a long command early, as a descriptor to poll.
 *
 * Programs inherit the signal mask, so signals are caught, not blocked. */
#ifndef SF_COMMANDS_INTERRUPT_H
#define SF_COMMANDS_INTERRUPT_H

/* Catch SIGINT, SIGTERM and SIGHUP from now on, unless they are ignored (nohup).
 * Returns a descriptor that becomes readable, or -1 with errno set. */
int sf_interrupt_catch(void);

/* The first signal that came; 0: none. */
int sf_interrupt_signal(void);

/* Handle them as before. */
void sf_interrupt_release(void);

#endif
