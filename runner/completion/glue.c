/* The shells' part: ask `sockfault completion words`, hand on what it says. */
#include "completion/completion.h"

#include <string.h>

static const char bash[] =
    "# Completion of sockfault for bash.\n"
    "_sockfault()\n"
    "{\n"
    "    local line current=${COMP_WORDS[COMP_CWORD]} words=()\n"
    "    # What bash takes apart at = and : is one word to us.\n"
    "    local typed=${COMP_LINE:0:COMP_POINT} index=1\n"
    "    for ((index = 1; index < COMP_CWORD; index++)); do words+=(\"${COMP_WORDS[index]}\"); done\n"
    "    local count=${#words[@]} whole=$current cut=\n"
    "    if [[ $current == '=' ]]; then current= whole=${words[count - 1]}= cut=1; unset \"words[count-1]\"\n"
    "    elif ((count >= 2)) && [[ ${words[count - 1]} == '=' ]]; then\n"
    "        whole=${words[count - 2]}=$current cut=1; unset \"words[count-1]\" \"words[count-2]\"\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            '*files') compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "
    "\"$current\") ;;\n"
    "            '*folders') compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d "
    "-- \"$current\") ;;\n"
    "            '*commands') compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -c "
    "-- \"$current\"; compgen -f -- \"$current\") ;;\n"
    "            *)\n"
    "                line=${line%%$'\\t'*}\n"
    "                [[ -z $cut ]] || line=${line#*=}\n"
    "                COMPREPLY+=(\"$line\")\n"
    "                [[ $line != *: ]] || compopt -o nospace ;;\n"
    "        esac\n"
    "    done < <(\"${COMP_WORDS[0]}\" completion words \"${words[@]}\" \"$whole\" 2> /dev/null)\n"
    "}\n"
    "complete -F _sockfault sockfault\n";

static const char zsh[] =
    "#compdef sockfault\n"
    "# Completion of sockfault for zsh.\n"
    "_sockfault()\n"
    "{\n"
    "    local line\n"
    "    local -a answers texts\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            '*files') _files ;;\n"
    "            '*folders') _files -/ ;;\n"
    "            '*commands') _command_names -e; _files ;;\n"
    "            *)\n"
    "                answers+=(\"${line%%$'\\t'*}\")\n"
    "                texts+=(\"${line/$'\\t'/  }\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[1]}\" completion words \"${(@Q)words[2,CURRENT]}\" 2> /dev/null)\n"
    "    (( $#answers )) && compadd -l -d texts -a answers\n"
    "}\n"
    "# Within fpath this file is the function, and has been called; otherwise it was sourced.\n"
    "if [[ $funcstack[1] == _sockfault ]]; then _sockfault \"$@\"; else compdef _sockfault sockfault; fi\n";

static const char fish[] = "# Completion of sockfault for fish.\n"
                           "function __sockfault\n"
                           "    set -l words (commandline -opc) (commandline -ct | string unescape "
                           "--style=script 2> /dev/null; or commandline -ct)\n"
                           "    set -l current (commandline -ct)\n"
                           "    for line in ($words[1] completion words $words[2..-1] 2> /dev/null)\n"
                           "        switch $line\n"
                           "            case '\\*files'\n"
                           "                __fish_complete_path $current\n"
                           "            case '\\*folders'\n"
                           "                __fish_complete_directories $current\n"
                           "            case '\\*commands'\n"
                           "                __fish_complete_command\n"
                           "                __fish_complete_path $current\n"
                           "            case '*'\n"
                           "                echo $line\n"
                           "        end\n"
                           "    end\n"
                           "end\n"
                           "complete -c sockfault -f -a '(__sockfault)'\n";

const char *sf_completion_script(const char *shell)
{
    return strcmp(shell, "bash") == 0   ? bash
           : strcmp(shell, "zsh") == 0  ? zsh
           : strcmp(shell, "fish") == 0 ? fish
                                        : NULL;
}
