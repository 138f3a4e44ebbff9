"""Answers `hello N BYTES` to a POST of BYTES bytes to /?n=N: python3 hello.py PORT"""
import asyncio
import re
import sys


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            body = await reader.readexactly(int(re.search(r"(?i)^content-length: (\d+)", head, re.M)[1]))
            answer = f"hello {re.search('n=([0-9]+)', head)[1]} {len(body)}\n"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n{answer}".encode())
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()


asyncio.run(main())
