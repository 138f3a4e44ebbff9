// Print a greeting from http://127.0.0.1:PORT/: node get.js PORT. It tries three times.
const http = require("http");

function get(port, tries) {
    const request = http.get({ port, host: "127.0.0.1", timeout: 5000 }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (part) => { body += part; });
        response.on("end", () => console.log(JSON.parse(body).greeting));
        response.on("error", again);
    });
    request.on("timeout", () => request.destroy(new Error("timed out")));
    request.on("error", again);

    let failed = false;
    function again(error) {
        if (failed) return;
        failed = true;
        if (tries > 1) return setTimeout(get, 100, port, tries - 1);
        console.error("no answer:", error.message);
        process.exitCode = 1;
    }
}

get(Number(process.argv[2]), 3);
