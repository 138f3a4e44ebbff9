"""Tables of twins, and one twin at a time: what tests/twins/run and tests/twins/mutants share."""
import configparser
import contextlib
import difflib
import fnmatch
import itertools
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build/release")).resolve()
OBSERVER = BUILD / "tests/twins/observer"
SOCKFAULT = os.environ.get("SOCKFAULT", str(BUILD / "sockfault"))
LIMIT_S = 60
AT_ONCE = 4 * os.cpu_count()  # they mostly sleep
NAMESPACE = ["unshare", "-nm" if os.geteuid() == 0 else "-Urnm", "sh", "-ec", """
    ip link set lo up
    for file in "$1"/*; do mount --bind "$file" /etc/"${file##*/}"; done
    shift
    exec "$@" """, "sh"]
# How the libc of a twin looks names up; whoever is asked is in its network namespace.
ETC = {"resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
       "nsswitch.conf": "hosts: files dns\n"}


class Twin:
    etc = None  # the folder with the files of ETC, see with_etc

    def __init__(self, name, rules, play):
        self.name, self.rules, self.play = name, rules, play

    def observe(self, way, under=(), limit_s=LIMIT_S):
        """What the observer prints, whatever becomes of it."""
        command = [*NAMESPACE, self.etc, *under, str(OBSERVER), way, *self.play]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired as late:
            said = late.stdout or b""
            return (said if isinstance(said, str) else said.decode()) + f"status: did not end within {limit_s} s\n"
        return done.stdout + (f"status {done.returncode}\n" if done.returncode else "")

    def real(self):
        return self.observe("real")

    def injected(self, sockfault=SOCKFAULT, limit_s=LIMIT_S):
        faults = [part for rule in self.rules for part in ("-f", rule)]
        return self.observe("injected", [sockfault, "run", *faults, "--"], limit_s)

    def compare(self):
        """The real transcript, and how the injected one differs from it."""
        real = self.real()
        injected = self.injected()
        difference = list(difflib.unified_diff(real.splitlines(), injected.splitlines(), "real", "injected",
                                               lineterm="", n=20))
        if not real:
            difference.append("it said nothing")
        if "status" in real:
            difference.append("the real one failed:")
            difference += real.splitlines()
        return real, difference

    def judge(self):
        """The same, and what differed at a first look: a machine that stalls for half a second
        makes one difference, a fault that is wrong makes it again."""
        real, difference = self.compare()
        return (*self.compare(), difference) if difference else (real, difference, [])


@contextlib.contextmanager
def with_etc():
    """Twins can be observed within this."""
    with tempfile.TemporaryDirectory() as Twin.etc:
        for name, text in ETC.items():
            if os.path.exists(f"/etc/{name}"):  # else libc does so by itself
                pathlib.Path(Twin.etc, name).write_text(text)
        yield


def sections(table):
    """The sections of a table, (name, keys) each."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.read(table)
    return [(name, dict(parser[name])) for name in parser.sections()]


def read(table):
    """The twins of one table."""
    for name, section in sections(table):
        rules, play = section.pop("rule"), section.pop("play")
        for values in itertools.product(*(value.split() for value in section.values())):
            def fill(text, chosen=dict(zip(section, values))):
                for key, value in chosen.items():
                    text = text.replace("{" + key + "}", value)
                return text
            yield Twin(fill(name), fill(rules).splitlines(), fill(play).split())


def find(tables=(), pattern="*"):
    """The twins of these tables, or of all, with such a name."""
    tables = tables or sorted(HERE.glob("*.twins"))
    return [twin for table in tables for twin in read(table) if fnmatch.fnmatch(twin.name, pattern)]
