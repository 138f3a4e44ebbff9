/* The files of the page, as the assembler takes them in: from the top of the source tree, where all is
 * compiled. */
#include "html/html.h"

#define ASSET(name, file)                        \
    __asm__(".pushsection .rodata\n"             \
            ".global " #name "\n" #name ":\n"    \
            ".incbin \"runner/html/" file "\"\n" \
            ".byte 0\n"                          \
            ".popsection\n")

ASSET(sf_html_style, "report.css");
ASSET(sf_html_script, "report.js");
ASSET(sf_html_zoom, "zoom.js");
