import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Prints a greeting, whose length comes first: java NaiveAsk.java PORT. It ignores what read returns. */
public class NaiveAsk {
    public static void main(String[] arguments) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] greeting = new byte[in.readInt()];
        in.read(greeting);
        System.out.println(new String(greeting, StandardCharsets.UTF_8));
        socket.close();
    }
}
