package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/fapigen/fapigen/out/fapitest"
)

// session is the program on a terminal, as somebody who types sees it.
type session struct {
	*testing.T
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex
	seen bytes.Buffer
	read int           // of seen, by expect
	done chan struct{} // closed when nothing more is to be seen
}

// onTerminal starts the program; TestMain makes this binary that program when it is called by its name.
func onTerminal(t *testing.T, srv *fapitest.Server, state string, args ...string) *session {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := t.TempDir() + "/acme"
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	s := &session{T: t, done: make(chan struct{})}
	s.cmd = exec.Command(link, append(args[:1:1], append([]string{"--state", state}, args[1:]...)...)...)
	s.cmd.Env = append(os.Environ(), "CLERK_PUBLISHABLE_KEY="+srv.PublishableKey(), "CLERK_PROXY_URL="+srv.ProxyURL())
	if s.tty, err = pty.Start(s.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.tty.Close()
	})
	go func() {
		defer close(s.done)
		chunk := make([]byte, 1024)
		for {
			n, err := s.tty.Read(chunk)
			s.mu.Lock()
			s.seen.Write(chunk[:n])
			s.mu.Unlock()
			if err != nil { // EIO: the program has ended
				return
			}
		}
	}()
	return s
}

func (s *session) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.seen.String(), "\r\n", "\n")
}

// expect waits until text is seen, after what was expected before.
func (s *session) expect(text string) {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if i := strings.Index(s.screen()[s.read:], text); i >= 0 {
			s.read += i + len(text)
			return
		}
	}
	s.Fatalf("%q was not seen:\n%s", text, s.screen())
}

// hidden waits until what is typed is not shown: the prompt is printed a moment before.
func (s *session) hidden() {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if !echoes(s.tty) {
			return
		}
	}
	s.Fatal("what is typed would be shown")
}

func (s *session) enter(text string) {
	s.Helper()
	if _, err := s.tty.WriteString(text + "\n"); err != nil {
		s.Fatal(err)
	}
}

// ends waits for the exit status.
func (s *session) ends(status int) {
	s.Helper()
	<-s.done
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != status {
		s.Fatalf("exit status %d, want %d:\n%s", got, status, s.screen())
	}
}

func TestATerminalHidesPasswordsAndAsksAgain(t *testing.T) {
	srv := fapitest.NewServer(t, people...)
	state := t.TempDir() + "/state"
	s := onTerminal(t, srv, state, "login")
	s.expect("Email address, phone number or username: ")
	s.enter("grace+clerk_test@example.com")
	s.expect("Password (nothing, to get a code instead): ")
	s.hidden()
	s.enter("a wrong guess")
	s.expect("the password is wrong\n")
	s.expect("Password (nothing, to get a code instead): ")
	s.hidden()
	s.enter("battery staple")
	s.expect("1  Code of your authenticator app\n2  Code sent to +12015550123\n3  Backup code\nSecond factor [2]: ")
	s.enter("7")
	s.expect("Second factor [2]: ")
	s.enter("")
	s.expect(`Code sent to +12015550123 ("r" sends another): `)
	s.enter("r")
	s.expect("sent again\n")
	s.enter("111111")
	s.expect("the code is wrong\n")
	s.enter("424242")
	s.expect("signed in as Grace\n")
	s.ends(0)
	for _, secret := range []string{"a wrong guess", "battery staple"} {
		if strings.Contains(s.screen(), secret) {
			t.Errorf("the password was shown:\n%s", s.screen())
		}
	}
	again := onTerminal(t, srv, state, "whoami")
	again.expect("user          Grace\n")
	again.ends(0)
}

func TestInterruptingAPromptLeavesTheTerminalAsItWas(t *testing.T) {
	srv := fapitest.NewServer(t, people...)
	s := onTerminal(t, srv, t.TempDir()+"/state", "login", "ada")
	s.expect("Password")
	s.hidden()
	if _, err := s.tty.WriteString("half a pass\x03"); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	s.expect("acme: interrupted\n")
	if !echoes(s.tty) {
		t.Error("the terminal does not show what is typed after Ctrl-C")
	}
	s.ends(130)
}

func TestInterruptingARequest(t *testing.T) {
	srv := fapitest.NewServer(t, append(people[:len(people):len(people)], fapitest.WithFault(fapitest.Fault{On: "GET /v1/client", Latency: time.Minute}))...)
	s := onTerminal(t, srv, t.TempDir()+"/state", "whoami")
	for len(srv.Requests("GET /v1/client")) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	s.expect("acme: interrupted\n")
	s.ends(130)
}

// echoes says whether a terminal shows what is typed.
func echoes(tty *os.File) bool {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return err == nil && t.Lflag&unix.ECHO != 0
}
