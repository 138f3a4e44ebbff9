import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Greets who connects, the length first: java Greeter.java PORT */
public class Greeter {
    public static void main(String[] arguments) throws IOException {
        byte[] greeting = "good morning".getBytes(StandardCharsets.UTF_8);
        int port = Integer.parseInt(arguments[0]);
        try (ServerSocket server = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            while (true) {
                try (Socket client = server.accept()) {
                    DataOutputStream out = new DataOutputStream(client.getOutputStream());
                    out.writeInt(greeting.length);
                    out.write(greeting);
                } catch (IOException error) {
                    System.err.println("client lost: " + error);
                }
            }
        }
    }
}
