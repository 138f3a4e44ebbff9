/* Manual pages, of this build or of this installation. */
#ifndef SF_COMMANDS_PAGE_H
#define SF_COMMANDS_PAGE_H

/* Become man(1) with that page. Returns where there is no such page, or no man. */
void sf_page_show(const char *name, int section);

#endif
