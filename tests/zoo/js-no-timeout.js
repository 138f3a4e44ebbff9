// finds: hang of client
// A peer that has fallen silent is waited for for ever.
const net = require("net");
const fixed = process.env.ZOO === "fixed";
const peer = net.connect(Number(process.argv[2]), "127.0.0.1");
let answer = "";
if (fixed)
    peer.setTimeout(1000, () => peer.destroy(new Error("silence")));
peer.on("error", (error) => { console.error(String(error)); process.exit(1); });
peer.on("end", () => { console.error("the answer is cut"); process.exit(1); });
peer.on("connect", () => peer.write("hello\n"));
peer.on("data", (data) => {
    answer += data;
    if (answer.endsWith("\n")) {
        console.log(answer.trim());
        process.exit(0);
    }
});
