"""A receiver of alerts: an HTTP server that keeps what it is told and answers what the test says."""
import http.server
import json
import ssl
import threading

from exporter import server


class receiver:
    """`status` is what it answers, with `text` as the body; what comes with another status than 2xx counts as not heard.

    @param certificate For https: PEM files of the certificate and its key.
    """

    def __init__(self, status=200, certificate=None, address="127.0.0.1", port=0):
        self.lock = threading.Lock()
        self.status = status
        self.text = ""
        self.heard, self.refused = [], []
        owner = self

        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(owner.take(self.headers, text))
                answer = owner.text.encode()
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = server((address, port), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://{address}:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.2,), daemon=True).start()

    def take(self, headers, text):
        try:
            body = json.loads(text)
        except ValueError:
            body = text
        with self.lock:
            status = self.status
            (self.heard if status // 100 == 2 else self.refused).append((dict(headers), body))
            return status

    def answer(self, status):
        with self.lock:
            self.status = status

    def all(self):
        """Of all attempts: bodies in the order in which they came, those refused first."""
        with self.lock:
            return [body for _, body in self.refused + self.heard]

    def told(self, status, host=None):
        """Alerts heard with this status, by id; each may come more than once."""
        out = {}
        with self.lock:
            for _, body in self.heard:
                for alert in body["alerts"]:
                    if alert["status"] == status and host in (None, alert["host_id"]):
                        out.setdefault(alert["alert_id"], []).append((body["id"], alert))
        return out

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def configured(url, name="oncall", **more):
    """The `[[notify]]` of a configuration file."""
    lines = ["[[notify]]", f'name = "{name}"', f'url = "{url}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    return "\n".join(lines) + "\n"
