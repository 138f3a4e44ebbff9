/* The functions on the stack of a call: `when: {site: SYMBOL}`. */
#ifndef SF_SITES_SITE_H
#define SF_SITES_SITE_H

#include <stdbool.h>
#include <stdint.h>

#define SF_SITE_FRAMES_MAX 256u /* so far a stack is followed */

/* At load, where a rule of this process has a site: look into all objects. False: there is no
 * memory. */
bool sf_sites_learn(void);

/* At the end: which sites are in objects that came later and were never met on a stack? */
void sf_sites_look_again(void);

/* Is the function that is the rule's site on the stack of this thread?
 *
 * Async-signal-safe; any thread; no allocation. Changes errno. */
bool sf_site_is_on_stack(uint32_t rule);

#endif
