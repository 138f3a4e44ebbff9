// finds: silent of client
// The end of the connection is taken for the end of the answer.
const net = require("net");
const fixed = process.env.ZOO === "fixed";
const peer = net.connect(Number(process.argv[2]), "127.0.0.1");
let answer = "";
peer.setTimeout(1000, () => peer.destroy(new Error("silence")));
peer.on("error", (error) => { console.error(String(error)); process.exit(1); });
peer.on("connect", () => peer.write("bye\n"));
peer.on("data", (data) => { answer += data; });
peer.on("end", () => {
    if (fixed && !answer.endsWith("\n")) {
        console.error("the answer is cut");
        process.exit(1);
    }
    console.log(answer.trim());
    peer.end();
    process.exit(0);
});
