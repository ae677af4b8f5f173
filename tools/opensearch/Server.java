import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** A node of OpenSearch by itself: `Server FOLDER PORT`. */
public class Server {
  public static void main(String[] words) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(-1); // Its own look for a free port fails.
    runner.onBuild((number, settings) -> {
      settings.put("network.host", "127.0.0.1");
      settings.put("http.port", words[1]);
      settings.put("transport.port", "0");
      settings.put("discovery.type", "single-node");
      settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
    }).build(newConfigs().clusterName("aops-test").numOfNode(1).baseHttpPort(9400).basePath(words[0]));
    System.out.println("up");
    Thread.currentThread().join();
  }
}
