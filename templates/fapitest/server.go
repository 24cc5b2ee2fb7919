package fapitest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestCode is the code of every email, SMS and authenticator app, as in the test mode of a development instance. The real
// API takes it only for addresses with "+clerk_test" and numbers of the form +1 XXX 555-01XX; this server takes it for all.
const TestCode = "424242"

// Server is a Frontend API in memory. All methods may be called from any goroutine.
type Server struct {
	cfg   config
	http  *httptest.Server
	table *operations
	signer
	allowed map[string]bool // origins beside those of this machine

	requests requestLog
	outbox   outbox
	faults   faultList

	mu    sync.Mutex // over what follows
	state state
}

// NewServer starts a server that is closed when the test ends. A faulty option fails the test.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := New(opts...)
	if err != nil {
		t.Fatalf("fapitest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// New starts a server for use outside of a test; Close ends it. The error is about an option, such as two users with one
// email address, or about the address to listen on.
func New(opts ...Option) (*Server, error) {
	s := &Server{cfg: config{address: "127.0.0.1:0", operations: operationsTable}, signer: newSigner(), allowed: map[string]bool{}}
	s.state = newState()
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	var err error
	if s.table, err = parseOperations(s.cfg.operations); err != nil {
		return nil, err
	}
	listener, err := listen(s.cfg.address)
	if err != nil {
		return nil, err
	}
	s.http = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(s.serve)}}
	if err := s.prepare(); err != nil {
		_ = listener.Close()
		return nil, err
	}
	s.http.Start()
	return s, nil
}

// prepare does what comes of the options. The server has its URL already, which the environment names.
func (s *Server) prepare() error {
	if err := s.seed(); err != nil {
		return err
	}
	s.allowPages()
	for _, f := range s.cfg.faults {
		if err := s.checkFault(f); err != nil {
			return fmt.Errorf("WithFault: %w", err)
		}
		s.Inject(f)
	}
	return nil
}

// Close ends the server. Answers that a fault holds back are given up. A second call does nothing.
func (s *Server) Close() {
	s.faults.close()
	s.outbox.close()
	s.http.CloseClientConnections()
	s.http.Close()
}

// URL is where the server listens, such as "http://127.0.0.1:41523".
func (s *Server) URL() string { return "http://" + s.http.Listener.Addr().String() }

// ProxyURL is what fapi.WithProxyURL wants to reach the server: plain http, which the host of a key never is. It is URL;
// the server answers below "/__clerk" as well, the path that proxies of clerk-js are mostly mounted at.
func (s *Server) ProxyURL() string { return s.URL() }

// PublishableKey is a well-formed key of a development instance, with WithProduction of a production instance. Its host
// does not exist: requests go to ProxyURL.
func (s *Server) PublishableKey() string {
	prefix := "pk_test_"
	if s.cfg.production {
		prefix = "pk_live_"
	}
	return prefix + base64.RawStdEncoding.EncodeToString([]byte(s.keyHost()+"$"))
}

// keyHost is the host in the publishable key. That of a development instance makes browsers ask for a dev browser.
func (s *Server) keyHost() string {
	if s.cfg.production {
		return "clerk.fake-app-1.example"
	}
	return "fake-app-1.clerk.accounts.dev"
}

// Advance moves the server's clock: sessions, codes and tokens age by it, and the Date header of answers follows.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.ahead += d
}

// Now is the server's time: the real one and what Advance added. fapi.WithClock(srv.Now) makes a client age along.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is the server's time. The lock is held.
func (s *Server) now() time.Time { return time.Now().Add(s.state.ahead) }

// millis is the server's time as answers have it. The lock is held.
func (s *Server) millis() int64 { return s.now().UnixMilli() }

// newID makes an id of the real one's form: a prefix and 27 characters. They count, so that a test's ids are the same each time.
func (s *Server) newID(prefix string) string {
	s.state.count++
	return fmt.Sprintf("%s_2fapitest%018d", prefix, s.state.count)
}
