/* The functions that rules name as their sites, in the objects that are known so far.
 *
 * Any thread, also in a handler or as a vfork child: there are no locks. Whoever finds an object
 * that another is looking into just then asks its file. */
#ifndef SF_SITES_KNOWN_H
#define SF_SITES_KNOWN_H

#include "sites/object.h"

/* At load. False: there is no memory. */
bool sf_known_reserve(void);

/* What is known of an object: it is looked into, unless that has been done, and which of the functions
 * are there is noted in the rules' state. NULL: it cannot be now. Changes errno. */
struct sf_known;
const struct sf_known *sf_known_find(const struct sf_object *object);

/* Does `place`, in that object, belong to the function that is the rule's site? Where nothing is
 * known, its file is asked. Changes errno. */
bool sf_known_is_site(const struct sf_known *known, const struct sf_object *object, uintptr_t place,
                      uint32_t rule);

#endif
