"""Wait for a greeting: timeout_bad.py PORT. It waits for as long as it takes."""
import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        print(connection.makefile().readline(), end="")
except OSError as error:
    sys.exit(f"timeout_bad: {error}")
