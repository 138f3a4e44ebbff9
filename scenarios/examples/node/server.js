// Greets whoever asks: node server.js PORT
const http = require("http");

http.createServer((request, response) => {
    response.end(JSON.stringify({ greeting: "good morning" }));
}).listen(Number(process.argv[2]), "127.0.0.1");
