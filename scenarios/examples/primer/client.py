"""Print the echo of a line: client.py PORT LINE. Three tries, and no wait longer than four seconds."""
import socket, sys, time


def ask(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=4) as connection:
        connection.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = connection.recv(1024)
            if not part:
                raise ConnectionError("the server has closed before the end of the line")
            answer += part
    return answer.decode()


for attempt in range(3):
    try:
        print(ask(int(sys.argv[1]), sys.argv[2]), end="")
        sys.exit(0)
    except ConnectionRefusedError as error:  # it may be starting
        trouble = error
        time.sleep(0.1)
    except OSError as error:
        trouble = error
        break
sys.exit(f"no answer: {trouble}")
