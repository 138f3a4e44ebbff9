/* JSON documents that we write. */
#ifndef SF_BASE_JSON_H
#define SF_BASE_JSON_H

#include <jansson.h>
#include <stdio.h>

/* Write the document, indented, with a line end, and drop its reference. Returns 0 or an errno. */
int sf_json_put(json_t *root, FILE *out);

#endif
