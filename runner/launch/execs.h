/* Who escaped the shim? An announced exec that never loaded it may also have been
 * killed on the way, which tells nothing: only what can be shown to have run
 * without the shim stays in the session's table. */
#ifndef SF_LAUNCH_EXECS_H
#define SF_LAUNCH_EXECS_H

#include "launch/tree.h"
#include "plan/session.h"

/* Those that run without the shim now, added to `proved`. */
void sf_execs_prove(const struct sf_session_memory *session, struct sf_pids *proved);

/* All processes have ended: withdraw the announcements of those not proved whose
 * file could have loaded the shim. A file that cannot be found could not. */
void sf_execs_settle(const struct sf_session_memory *session, const struct sf_scenario *scenario,
                     const struct sf_pids *proved);

#endif
