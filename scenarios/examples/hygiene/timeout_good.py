"""Wait for a greeting: timeout_good.py PORT. It waits for half a second at most."""
import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=0.5) as connection:
        print(connection.makefile().readline(), end="")
except OSError as error:
    sys.exit(f"timeout_good: {error}")
