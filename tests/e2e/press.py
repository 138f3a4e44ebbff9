"""A shell on a terminal; types, presses Tab, and prints what the line became.

press.py SETUP TYPED WANTED      SETUP: what zsh does behind compinit
"""
import os
import pty
import select
import sys
import time

pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="> ", ZDOTDIR=os.getcwd())
    os.execvp("zsh", ["zsh", "-f", "-i"])
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


os.write(terminal, f"autoload -U compinit; compinit -u -D; {sys.argv[1]}; echo rea''dy\n".encode())
read_until("ready")
seen = ""
os.write(terminal, sys.argv[2].encode() + b"\t")
print("yes" if read_until(sys.argv[3]) else "no: " + repr(seen))
os.write(terminal, b"\x03\x04exit\n")
os.close(terminal)
os.waitpid(pid, 0)
