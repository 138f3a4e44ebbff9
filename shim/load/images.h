/* What the process has loaded, told once in its trace. */
#ifndef SF_LOAD_IMAGES_H
#define SF_LOAD_IMAGES_H

/* At load, in a traced session: a record for each object, the executable first. */
void sf_images_tell(void);

#endif
