import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/** Java's two ways: `inet` (InetAddress) asks the C library, `jndi` asks the server itself. */
final class Lookup {
    private static final Map<String, String> TYPES =
            Map.of("ipv4", "A", "ipv6", "AAAA", "canonical", "CNAME", "srv", "SRV");

    public static void main(String[] arguments) throws IOException, NamingException {
        boolean jndi = arguments[0].equals("jndi");
        DirContext context = jndi ? context() : null;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ready");
        for (String line; (line = lines.readLine()) != null; ) {
            String[] question = line.split(" ");
            System.out.println(
                    jndi ? ask(context, question[0], question[1]) : lookup(question[0], question[1]));
        }
    }

    private static String lookup(String kind, String name) {
        try {
            List<String> found = new ArrayList<>();
            if (kind.equals("reverse")) {
                // Java looks the name found up again, and shows it only where that gives the address back.
                String host = InetAddress.getByName(name).getCanonicalHostName();
                return host.equals(InetAddress.getByName(name).getHostAddress()) ? "absent" : "found " + host;
            }
            for (InetAddress address : InetAddress.getAllByName(name)) {
                found.add(address.getHostAddress());
            }
            return "found " + String.join(" ", found);
        } catch (UnknownHostException error) {
            return error.getMessage().contains("Temporary") ? "failed " + error.getMessage() : "absent";
        }
    }

    private static DirContext context() throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
        environment.put("java.naming.provider.url", "dns:");
        return new InitialDirContext(environment);
    }

    private static String ask(DirContext context, String kind, String name) {
        String type = TYPES.get(kind);
        try {
            Attribute records = context.getAttributes(name, new String[] {type}).get(type);
            if (records == null) {
                return "absent";
            }
            List<String> found = new ArrayList<>();
            for (Object record : Collections.list(records.getAll())) {
                found.add(type.equals("SRV") ? service((String) record) : (String) record);
            }
            return "found " + String.join(" ", found);
        } catch (NameNotFoundException error) {
            return "absent";
        } catch (NamingException error) {
            return "failed " + error;
        }
    }

    private static String service(String record) {
        String[] fields = record.split(" ");
        return fields[3].replaceAll("\\.$", "") + ":" + fields[2];
    }
}
