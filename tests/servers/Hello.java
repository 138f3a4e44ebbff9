import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers `hello N BYTES` to a POST of BYTES bytes to /?n=N, by a selector: `java Hello.java PORT`. */
public class Hello {
    private static final Pattern REQUEST =
        Pattern.compile("^POST /\\?n=([0-9]+) .*?\r\ncontent-length: ([0-9]+)\r\n.*?\r\n\r\n",
                        Pattern.DOTALL | Pattern.CASE_INSENSITIVE);

    /** What one client has sent that is not answered, and what of the answer is not sent. */
    private static final class Client {
        private final ByteBuffer in = ByteBuffer.allocate(65536);
        private ByteBuffer out = ByteBuffer.allocate(0);
    }

    public static void main(String[] args) throws Exception {
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable())
                    accept(selector, listener);
                else if (key.isReadable())
                    read(key);
                else
                    write(key);
            }
            selector.selectedKeys().clear();
        }
    }

    private static void accept(Selector selector, ServerSocketChannel listener) throws Exception {
        SocketChannel channel = listener.accept();
        if (channel == null)
            return;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.register(selector, SelectionKey.OP_READ, new Client());
    }

    private static void read(SelectionKey key) throws Exception {
        Client client = (Client) key.attachment();
        if (((SocketChannel) key.channel()).read(client.in) < 0) {
            key.channel().close();
            return;
        }
        String text = new String(client.in.array(), 0, client.in.position(), StandardCharsets.ISO_8859_1);
        Matcher request = REQUEST.matcher(text);
        if (!text.contains("\r\n\r\n") || !request.find() || text.length() < request.end() + Integer.parseInt(request.group(2)))
            return;
        client.in.clear();
        String answer = "hello " + request.group(1) + " " + request.group(2) + "\n";
        String whole = "HTTP/1.1 200 OK\r\nContent-Length: " + answer.length() + "\r\n\r\n" + answer;
        client.out = ByteBuffer.wrap(whole.getBytes(StandardCharsets.ISO_8859_1));
        write(key);
    }

    private static void write(SelectionKey key) throws Exception {
        Client client = (Client) key.attachment();
        ((SocketChannel) key.channel()).write(client.out);
        key.interestOps(client.out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }
}
