"""A shell on a terminal: types, and prints whether what is wanted is shown.

press.py bash|zsh SETUP TYPED WANTED      SETUP: what the shell does first; TYPED: keys, Tab behind them where none is among them
"""
import os
import pty
import select
import sys
import time

shell, setup, typed, wanted = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="> ", ZDOTDIR=os.getcwd(), INPUTRC="/dev/null", HISTFILE="")
    os.execvp(shell, ["zsh", "-f", "-i"] if shell == "zsh" else ["bash", "--norc", "--noprofile", "-i"])
seen = ""


def read_until(text, seconds=60):
    global seen
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
    return text in seen


if shell == "zsh":
    setup = f"autoload -U compinit; compinit -u -D; {setup}"
os.write(terminal, f"stty columns 200; {setup}; echo rea''dy\n".encode())
read_until("ready")
seen = ""
os.write(terminal, typed.encode() + (b"" if "\t" in typed else b"\t"))
print("yes" if read_until(wanted) else "no: " + repr(seen))
os.write(terminal, b"\x03\x04exit\n")
os.close(terminal)
os.waitpid(pid, 0)
