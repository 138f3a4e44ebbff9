# `sockfault run` between a terminal, a shell and a program: signals arrive once,
# jobs stop and go on, descriptors and dispositions pass through.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"
python3 - "$SOCKFAULT" "$BUILD/tests/programs/signals" << 'PYTHON'
import os, pty, re, select, signal, subprocess, sys, time

SOCKFAULT, SIGNALS = sys.argv[1:]
PATIENCE = 30
results = []


def test(function):
    name = function.__name__.replace('_', ' ')
    try:
        function()
        results.append(True)
        print(f'ok {len(results)} - {name}', flush=True)
    except Exception as error:  # an assertion, or a time-out
        results.append(False)
        print(f'not ok {len(results)} - {name}')
        print('\n'.join('# ' + line for line in f'{type(error).__name__}: {error}'.splitlines()), flush=True)


def same(got, want):
    assert got == want, f'got {got!r}, wanted {want!r}'


def state(pid):
    with open(f'/proc/{pid}/stat') as file:
        return file.read().rpartition(')')[2].split()[0]


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f'{what}: not within {PATIENCE} s'
        time.sleep(0.01)


def wait_until_foreground(terminal):
    """What bash prints comes before what it does: the job has the terminal and runs."""
    def ready():
        group = os.tcgetpgrp(terminal.fd)
        return group != terminal.pid and state(group) != 'T' and all(
            state(pid) != 'T' for pid in processes_of(group))
    wait_for(ready, 'the job is in the foreground')


def processes_of(group):
    for name in os.listdir('/proc'):
        try:
            if name.isdigit() and os.getpgid(int(name)) == group:
                yield int(name)
        except ProcessLookupError:
            pass


class Terminal:
    """An interactive bash on a terminal of its own."""

    def __init__(self, *command):
        self.text = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1='$ ', TERM='dumb')
            command = command or ('bash', '--norc', '--noprofile', '-i')
            os.execvp(command[0], command)

    def send(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern):
        """Wait for a pattern and forget the text up to its end."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.text)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f'no {pattern!r} in {self.text!r}')
            try:
                self.text += os.read(self.fd, 4096).decode(errors='replace')
            except OSError:
                raise AssertionError(f'the terminal closed without {pattern!r}: {self.text!r}') from None
        before = self.text[:match.start()]
        self.text = self.text[match.end():]
        self.match = match
        return before

    def close(self):
        try:
            os.kill(self.pid, signal.SIGHUP)
        except ProcessLookupError:
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def on_terminal(function):
    def wrapped():
        terminal = Terminal()
        try:
            terminal.expect(r'\$ $')
            function(terminal)
        finally:
            terminal.close()
    wrapped.__name__ = function.__name__
    test(wrapped)


def start(*arguments, **options):
    process = subprocess.Popen([SOCKFAULT, 'run', *arguments], stdout=subprocess.PIPE, text=True, **options)
    same(process.stdout.readline(), 'ready\n')
    return process


def finish(process):
    status = process.wait(timeout=PATIENCE)  # outputs fit into their pipes
    return process.stdout.read().splitlines(), status


@on_terminal
def ctrl_c_reaches_the_program_once(terminal):
    terminal.send(f'{SOCKFAULT} run -- {SIGNALS} 1500; echo "status=$?"\n')
    terminal.expect('ready\r\n')
    terminal.send('\x03')
    lines = terminal.expect(r'status=(\d+)')
    same(lines.count('signal 2\r\n'), 1)
    same(terminal.match[1], '0')


@on_terminal
def ctrl_c_that_kills_the_program_gives_130(terminal):
    terminal.send(f'{SOCKFAULT} run -- sh -c "echo ready; exec sleep 100"\n')
    terminal.expect('ready\r\n')
    terminal.send('\x03')
    terminal.expect(r'\$ $')
    terminal.send('echo "status=$?"\n')
    terminal.expect(r'status=130\r\n')


@on_terminal
def ctrl_z_stops_the_job_and_fg_continues_it(terminal):
    terminal.send(f'{SOCKFAULT} run -- sh -c "echo ready; read line; echo got \\$line; exit 7"\n')
    terminal.expect('ready\r\n')
    for _ in range(3):
        terminal.send('\x1a')
        terminal.expect('Stopped')
        terminal.expect(r'\$ $')
        terminal.send('fg\n')
        terminal.expect('run -- sh.*\r\n')
        wait_until_foreground(terminal)
    terminal.send('hello\n')
    terminal.expect('got hello\r\n')
    terminal.expect(r'\$ $')
    terminal.send('echo "status=$?"\n')
    terminal.expect(r'status=7\r\n')


@on_terminal
def ctrl_z_right_after_fg_stops_the_job_again(terminal):
    terminal.send(f'{SOCKFAULT} run -- sh -c "echo ready; read line; echo got \\$line"\n')
    terminal.expect('ready\r\n')
    for _ in range(100):
        terminal.send('\x1a')
        terminal.expect('Stopped')
        terminal.expect(r'\$ $')
        terminal.send('fg\n')
        terminal.expect('run -- sh.*\r\n')
        wait_until_foreground(terminal)
    terminal.send('hello\n')
    terminal.expect('got hello\r\n')


@on_terminal
def job_goes_on_in_the_background(terminal):
    terminal.send(f'{SOCKFAULT} run -- sh -c "(sleep 0.5; echo ready) & sleep 2; echo done"\n')
    terminal.expect('ready\r\n')
    terminal.send('\x1a')
    terminal.expect('Stopped')
    terminal.expect(r'\$ $')
    terminal.send('bg\n')
    terminal.expect('done\r\n')
    terminal.send('wait; echo "waited=$?"\n')
    terminal.expect(r'waited=0\r\n')


@on_terminal
def program_has_the_terminal(terminal):
    terminal.send('stty rows 33 cols 77; tty; ' + f'{SOCKFAULT} run -- sh -c "tty; stty size"\n')
    terminal.expect(r'(/dev/pts/\d+)\r\n')
    terminal.expect(terminal.match[1] + '\r\n33 77\r\n')


@test
def hang_up_of_a_terminal_reaches_a_program_of_its_leader():
    path = f'/tmp/sockfault-hup-{os.getpid()}'
    terminal = Terminal(SOCKFAULT, 'run', '--', 'sh', '-c', f'trap "echo hup > {path}; exit" HUP; echo ready; '
                                                            'while :; do sleep 0.1; done')
    terminal.expect('ready\r\n')
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)
    with open(path) as file:
        same(file.read(), 'hup\n')
    os.unlink(path)


@test
def stopped_job_of_a_killed_shell_is_hung_up():
    path = f'/tmp/sockfault-hup-{os.getpid()}'
    terminal = Terminal()
    terminal.expect(r'\$ $')
    terminal.send(f'{SOCKFAULT} run -- sh -c \'trap "echo hup > {path}; exit" HUP; echo ready; read line\'\n')
    terminal.expect('ready\r\n')
    terminal.send('\x1a')
    terminal.expect('Stopped')
    os.kill(terminal.pid, signal.SIGKILL)
    wait_for(lambda: os.path.exists(path) and os.path.getsize(path), 'the program is hung up')
    os.unlink(path)
    terminal.close()


@test
def signals_to_the_group_reach_the_program_once():
    process = start('--', SIGNALS, '20000', preexec_fn=os.setpgrp)
    wait_for(lambda: os.getpgid(process.pid) != process.pid, 'the runner leaves its group')
    sent = [signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM]
    for number in sent:
        os.killpg(process.pid, number)
        time.sleep(0.05)
    same(finish(process), ([f'signal {int(number)}' for number in sent], 0))


@test
def signals_to_the_runner_reach_the_program_once():
    process = start('--', SIGNALS, '20000')
    sent = [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
            signal.SIGWINCH, signal.SIGRTMIN + 1, signal.SIGTERM]
    for number in sent:
        os.kill(process.pid, number)
        time.sleep(0.05)
    lines, status = finish(process)
    same(lines, [f'signal {int(number)}' for number in sent])
    same(status, 0)


@test
def signal_that_kills_the_program_gives_128_plus_it():
    process = start('--', 'sh', '-c', 'echo ready; exec sleep 100')
    os.kill(process.pid, signal.SIGUSR1)
    same(finish(process)[1], 128 + signal.SIGUSR1)


@test
def program_that_stops_itself_stops_the_runner_and_wakes_it():
    process = start('--', 'sh', '-c', 'echo ready; echo $$; kill -STOP $$; echo awake; exit 3')
    program = int(process.stdout.readline())
    wait_for(lambda: state(process.pid) == 'T', 'the runner stops')
    same(os.WSTOPSIG(os.waitpid(process.pid, os.WUNTRACED)[1]), signal.SIGSTOP)
    os.kill(program, signal.SIGCONT)
    same(finish(process), (['awake'], 3))


@test
def continued_runner_continues_its_program():
    process = start('--', 'sh', '-c', 'echo ready; kill -STOP $$; echo awake; exit 3')
    wait_for(lambda: state(process.pid) == 'T', 'the runner stops')
    os.kill(process.pid, signal.SIGCONT)
    same(finish(process), (['awake'], 3))


@test
def stopped_program_keeps_its_time_out():
    process = start('--timeout', '3s', '--', 'sh', '-c', 'echo ready; kill -STOP $$; sleep 0.1; echo awake')
    wait_for(lambda: state(process.pid) == 'T', 'the runner stops')
    time.sleep(4)
    os.kill(process.pid, signal.SIGCONT)
    same(finish(process), (['awake'], 0))


@test
def time_out_ends_with_term_then_kill_and_124():
    process = start('--timeout', '500ms', '--', SIGNALS, '20000')
    same(finish(process), ([f'signal {int(signal.SIGTERM)}'], 124))
    process = start('--timeout', '500ms', '--', 'sh', '-c', 'trap "" TERM; echo ready; sleep 100; sleep 100')
    same(finish(process), ([], 124))


@test
def ignored_signals_stay_ignored():
    process = start('--', 'sh', '-c', 'echo ready; sed -n "s/^SigIgn:.//p" /proc/self/status',
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    same(int(finish(process)[0][0], 16) & 1, 1)


@test
def inherited_descriptors_pass_through_and_ours_do_not():
    reader, writer = os.pipe()
    os.write(writer, b'through\n')
    os.close(writer)
    process = start('--', 'sh', '-c', f'echo ready; cat <&{reader}; ls /proc/self/fd', pass_fds=[reader])
    lines, status = finish(process)
    same(lines[0], 'through')
    same(sorted(int(line) for line in lines[1:]), sorted([0, 1, 2, 3, reader] if reader != 3 else [0, 1, 2, 3, 4]))
    same(status, 0)


@test
def what_is_left_behind_is_ended_and_said():
    process = start('--', 'sh', '-c', 'echo ready; setsid sleep 1000 &', stderr=subprocess.PIPE)
    same(finish(process)[1], 0)
    error = process.stderr.read()
    assert 'left behind' in error, error


print(f'1..{len(results)}')
sys.exit(not all(results))
PYTHON
