// finds: service-down of server
// An 'error' event that nobody takes ends the process, and with it the service.
const net = require("net");
const fixed = process.env.ZOO === "fixed";
const server = net.createServer((peer) => {
    let line = "";
    if (fixed)
        peer.on("error", () => peer.destroy());
    peer.on("data", (data) => {
        line += data;
        while (line.includes("\n")) {
            line = line.slice(line.indexOf("\n") + 1);
            peer.write("hello to you\n");
        }
    });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
