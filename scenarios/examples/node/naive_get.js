// Print a greeting from http://127.0.0.1:PORT/: node naive_get.js PORT
const http = require("http");

http.get({ port: Number(process.argv[2]), host: "127.0.0.1" }, (response) => {
    response.on("data", (part) => console.log(JSON.parse(part).greeting));
});
