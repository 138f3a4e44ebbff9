import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Prints a greeting, whose length comes first: java Ask.java PORT. It reads all, and bounds each wait. */
public class Ask {
    public static void main(String[] arguments) {
        try (Socket socket = new Socket()) {
            int port = Integer.parseInt(arguments[0]);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
            socket.setSoTimeout(5000);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] greeting = new byte[in.readInt()];
            in.readFully(greeting);
            System.out.println(new String(greeting, StandardCharsets.UTF_8));
        } catch (IOException error) {
            System.err.println("no greeting: " + error);
            System.exit(1);
        }
    }
}
