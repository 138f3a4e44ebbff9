"""Test suites of other projects: where each comes from, how it is built, and its jobs.

A job is one command that runs one or more cases; its output says how each went."""
import dataclasses
import os
import pathlib
import re
import subprocess
from collections.abc import Callable
from xml.etree import ElementTree

AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


@dataclasses.dataclass
class Job:
    name: str
    command: list[str]
    folder: pathlib.Path | None = None  # to run in; None: a fresh one


@dataclasses.dataclass
class Suite:
    source: str  # an address for git, and the commit; "": installed as a package
    build: str  # shell commands, in the folder of the source
    jobs: Callable[[pathlib.Path], list[Job]]
    # What in the output tells of a case: groups `case` and `verdict`, or `verdict` alone, which is then
    # counted over the job; "": nothing does.
    case: str
    by_nobody: bool = False  # it refuses to run as root
    alone: bool = False  # its jobs write into one folder
    limit_s: int = 300
    # What benign faults are narrowed to, one rule for each; []: they mean all sockets.
    narrowed: list[str] = dataclasses.field(default_factory=list)
    without: str = ""  # the option that leaves out a case
    settings: dict[str, str] = dataclasses.field(default_factory=dict)  # of the environment

    def verdicts(self, job, output, status, junit):
        """What came of each case: {case: verdict}. junit: the report that the job wrote to {junit}, or None."""
        found = {job.name: ["ok" if status == 0 else f"status {status}"]}
        for case in ElementTree.parse(junit).iter("testcase") if junit else ():
            kinds = {part.tag for part in case} & {"failure", "error", "skipped"}
            found[f"{job.name}: {case.get('name')}"] = sorted(kinds) or ["ok"]
        for match in re.finditer(self.case, output, re.MULTILINE) if self.case else ():
            case = match.groupdict().get("case")
            found.setdefault(f"{job.name}: {case}" if case else job.name, []).append(match["verdict"])
        return {case: " ".join(verdicts) for case, verdicts in found.items()}


def ltp(folder):
    calls = folder / "testcases/kernel/syscalls"
    return [Job(path.name, [str(path)]) for name in LTP_FOLDERS for path in sorted((calls / name).glob("*"))
            if path.is_file() and not path.suffix and path.stat().st_mode & 0o111 and path.name not in LTP_LONG]


def libuv(folder):
    program = str(folder / "build/uv_run_tests_a")
    said = subprocess.run([*AS_NOBODY, program, "--list"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [Job(line.split()[0], [program, line.split()[0]]) for line in said.splitlines() if line]


def libevent(folder):
    said = subprocess.run([folder / "build/bin/regress", "--list-tests"], check=False, text=True,
                          stdout=subprocess.PIPE).stdout
    groups = sorted({line.strip().split("/")[0] for line in said.splitlines() if "/" in line})
    return [Job(group, [str(folder / "build/bin/regress"), "-j", "1", f"{group}/.."]) for group in groups]


def python(_folder):
    start = ["/usr/bin/python3", "-m", "test", "--junit-xml", "{junit}"]
    return [Job(f"test_{name}", [*start, *PYTHON_OPTIONS.get(name, []), f"test_{name}"]) for name in PYTHON_TESTS]


def redis(folder):
    return [Job(name, ["./runtest", "--clients", "1", "--single", name], folder) for name in REDIS_UNITS]


def nginx(folder):
    return [Job(path.name, ["perl", str(path)], folder) for path in sorted(folder.glob("*.t"))]


def openssh(folder):
    return [Job(name, ["make", "t-exec", f"LTESTS={name}"], folder) for name in OPENSSH_TESTS]


LTP_FOLDERS = """accept accept4 bind close close_range connect dup dup2 dup3 epoll epoll_create epoll_create1
    epoll_ctl epoll_pwait epoll_wait fcntl getpeername getsockname getsockopt listen pipe pipe2 poll ppoll
    preadv2 pselect read readv recv recvfrom recvmmsg recvmsg select send sendfile sendmmsg sendmsg sendto
    setsockopt shutdown socket socketcall socketpair sockioctl splice tee vmsplice write writev""".split()
# They look for holes in the kernel, by races above all, for minutes and with all the memory there is.
LTP_LONG = "bind06 sendmsg03 setsockopt06 setsockopt07 setsockopt11 writev03".split()
PYTHON_TESTS = """asynchat asyncio asyncore epoll ftplib httplib httpservers imaplib logging nntplib os poll
    poplib select selectors smtpd smtplib socket socketserver ssl subprocess telnetlib urllib2_localnet
    wsgiref xmlrpc""".split()
PYTHON_OPTIONS = {
    "socket": ["-i", "*VSOCK*"],  # bare, too, it waits for ever where there is no other machine
    "socketserver": ["-u", "network"],  # otherwise it skips all that it has; it uses loopback alone
}
REDIS_UNITS = """unit/auth unit/info unit/multi unit/networking unit/pubsub unit/protocol unit/querybuf
    unit/pause unit/limits unit/introspection unit/obuf-limits unit/tracking unit/wait unit/shutdown
    unit/scripting unit/client-eviction unit/type/list unit/type/string unit/type/stream
    integration/replication integration/replication-psync integration/block-repl integration/redis-cli
    integration/logging integration/aof""".split()
OPENSSH_TESTS = """connect proxy-connect exit-status transfer banner rekey stderr-data stderr-after-eof
    broken-pipe yes-head login-timeout agent keyscan reconfigure dynamic-forward forwarding multiplex reexec
    scp sftp sftp-cmds forward-control""".split()

SUITES = {
    "ltp": Suite("https://github.com/linux-test-project/ltp 695827725f4fc14fe583043127e0335c29bbd52d",
                 "make autotools && ./configure && make -j2 -C lib && for f in " + " ".join(LTP_FOLDERS) +
                 "; do [ ! -d testcases/kernel/syscalls/$f ] || make -j2 -C testcases/kernel/syscalls/$f; done",
                 ltp, r"\b(?P<verdict>TPASS|TFAIL|TBROK|TCONF|TWARN) *:"),
    "libuv": Suite("https://github.com/libuv/libuv 6179e7af87413396d5853a1c3722c8b5749336c8",
                   "cmake -S . -B build -DBUILD_TESTING=ON && cmake --build build -j2", libuv, "", by_nobody=True),
    "libevent": Suite("https://github.com/libevent/libevent 0c3e47ad5f654714e39bae3f8689a3446599b614",
                      "cmake -S . -B build -DEVENT__DISABLE_MBEDTLS=ON && cmake --build build -j2", libevent,
                      r"^(?P<case>[\w/]+): (?:\[.*\] ?)?(?P<verdict>OK|SKIPPED|\[?FAILED|DISABLED)"),
    "python": Suite("", "", python, "", without="-i"),
    "redis": Suite("https://github.com/redis/redis 4f8cdc2a1ea53e42955af758aabffee67cb455dd",
                   "make -j2 MALLOC=libc", redis,
                   r"^\[\S*?(?P<verdict>ok|err|exception|skip)\S*?\]: (?P<case>.*?)(?: \(\d+ ms\))?$",
                   alone=True, narrowed=['exe: "redis-*"'], without="--skiptest"),
    "nginx": Suite("https://github.com/nginx/nginx-tests 76bb761cdcaeb6cb024d605c2ef91bf8d8a602d7", "", nginx,
                   r"^(?P<verdict>not ok|ok) (?P<case>\d+.*)$",
                   # Not its clients of a few lines of Perl. Its master and workers take a message between them
                   # for whole, as one over AF_UNIX is in practice: docs/limits.md.
                   narrowed=["exe: nginx, family: inet", "exe: nginx, family: inet6"], settings={
                       "TEST_NGINX_BINARY": "/usr/sbin/nginx", "TEST_NGINX_MODULES": "/usr/lib/nginx/modules"}),
    "openssh": Suite("https://github.com/openssh/openssh-portable 0ef0f5a839831c213f24e3f2ae434765c607fb50",
                     "autoreconf && ./configure --with-privsep-user=nobody --with-privsep-path=/run/sshd && "
                     "mkdir -p /run/sshd && make -j2", openssh, "", alone=True),
}
