// finds: fragile of client, silent of client
// One 'data' event is taken for the whole answer.
const net = require("net");
const fixed = process.env.ZOO === "fixed";
const peer = net.connect(Number(process.argv[2]), "127.0.0.1");
let answer = "";
peer.setTimeout(1000, () => peer.destroy(new Error("silence")));
peer.on("error", (error) => { console.error(String(error)); process.exit(1); });
peer.on("end", () => { console.error("the answer is cut"); process.exit(1); });
peer.on("connect", () => peer.write("long\n"));
peer.on("data", (data) => {
    answer += data;
    if (fixed && !answer.endsWith("\n"))
        return;
    console.log(answer.trim().length);
    process.exit(0);
});
