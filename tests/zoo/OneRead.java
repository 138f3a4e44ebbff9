// finds: silent of client
// What one read brings is taken for the whole answer.
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

public class OneRead {
    public static void main(String[] args) throws Exception {
        boolean fixed = "fixed".equals(System.getenv("ZOO"));
        byte[] answer = new byte[256];
        int length = 0;
        try (Socket peer = new Socket()) {
            peer.setSoTimeout(1000);
            peer.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 1000);
            peer.getOutputStream().write("long\n".getBytes());
            InputStream in = peer.getInputStream();
            do {
                int got = in.read(answer, length, answer.length - length);
                if (got <= 0)
                    throw new java.io.IOException("the answer is cut");
                length += got;
            } while (fixed && answer[length - 1] != '\n');
        }
        System.out.println(new String(answer, 0, length).trim());
    }
}
