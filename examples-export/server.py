"""An HTTP server on loopback for the programs here. It prints its port, and ends when its input does."""
import http.server
import sys
import threading

arrived, gone = threading.Event(), threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def begin(self, **headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()

    def piece(self, data):
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))

    def answer(self, text):
        self.begin(Content_Length=str(len(text)))
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == '/greeting':
            words = f"Hello, {self.headers['X-Name']}, in {self.headers['Accept-Language']}"
            self.begin(X_Greeting=words, Content_Length='0')
        elif self.path == '/million':
            self.begin(Transfer_Encoding='chunked')
            for _ in range(100):
                self.piece(b'.' * 10000)
            self.piece(b'')
        elif self.path == '/endless':
            self.begin(Transfer_Encoding='chunked')
            self.until_gone(lambda: self.piece(b'.' * 10000))
        elif self.path == '/silent':
            self.connection.recv(1)
            self.close_connection = True
        elif self.path == '/never':
            arrived.set()
            self.until_gone(self.connection_ended)
        elif self.path == '/arrived':
            arrived.wait()
            arrived.clear()
            self.answer('arrived')
        elif self.path == '/gone':
            gone.wait()
            gone.clear()
            self.answer('gone')
        else:
            self.close_connection = True  # without an answer

    def do_POST(self):
        self.begin(Transfer_Encoding='chunked')
        while size := int(self.rfile.readline(), 16):
            self.piece(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        self.piece(b'')

    def connection_ended(self):
        if not self.connection.recv(1):
            raise ConnectionError

    def until_gone(self, step):
        """Until the client closes the connection."""
        try:
            while True:
                step()
        except ConnectionError:
            self.close_connection = True
            gone.set()

    def log_message(self, *words):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *words):  # a client that hangs up is none
        pass


server = Server(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
