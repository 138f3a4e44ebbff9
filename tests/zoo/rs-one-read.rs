// finds: silent of client
// What one read brings is taken for the whole answer.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let fixed = std::env::var("ZOO").as_deref() == Ok("fixed");
    let port: u16 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut peer = TcpStream::connect(("127.0.0.1", port))?;
    peer.set_read_timeout(Some(Duration::from_secs(1)))?;
    peer.set_write_timeout(Some(Duration::from_secs(1)))?;
    peer.write_all(b"long\n")?;
    let mut answer = Vec::new();
    let mut piece = [0u8; 256];
    loop {
        let got = match peer.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if got == 0 {
            eprintln!("the answer is cut");
            std::process::exit(1);
        }
        answer.extend_from_slice(&piece[..got]);
        if !fixed || answer.ends_with(b"\n") {
            break;
        }
    }
    println!("{}", String::from_utf8_lossy(&answer).trim());
    Ok(())
}
