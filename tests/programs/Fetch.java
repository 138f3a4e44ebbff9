import java.io.InputStream;
import java.net.URL;

/** Prints what a URL holds: `java Fetch.java URL`. */
public class Fetch {
    public static void main(String[] args) throws Exception {
        try (InputStream in = new URL(args[0]).openStream()) {
            in.transferTo(System.out);
        }
        System.out.flush();
        if (System.out.checkError())
            System.exit(1);
    }
}
