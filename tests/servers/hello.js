// Answers `hello N BYTES` to a POST of BYTES bytes to /?n=N: node hello.js PORT
const server = require("http").createServer((request, response) => {
    let bytes = 0;
    request.on("data", (part) => { bytes += part.length; });
    request.on("end", () => {
        const n = new URL(request.url, "http://localhost").searchParams.get("n");
        response.end(`hello ${n} ${bytes}\n`);
    });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
