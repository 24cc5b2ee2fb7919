package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/fapigen/fapigen/out/fapitest"
)

// node is clerk-js in a process of its own.
type node struct {
	t      testing.TB
	server *fapitest.Server
	token  string // kept over a restart
	in     io.WriteCloser
	out    *bufio.Scanner
	cmd    *exec.Cmd
}

func startNode(ctx context.Context, t testing.TB, server *fapitest.Server) witness {
	n := &node{t: t, server: server}
	if err := n.start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	return n
}

func (n *node) start(ctx context.Context) (err error) {
	n.cmd = exec.CommandContext(ctx, "node", "run.mjs", n.server.PublishableKey(), n.server.ProxyURL())
	n.cmd.Env = append(os.Environ(), "CLIENT_TOKEN="+n.token)
	n.cmd.Stderr = testLog{n.t}
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	n.out = bufio.NewScanner(out)
	n.out.Buffer(nil, 1<<20)
	return n.cmd.Start()
}

func (n *node) stop() {
	_ = n.in.Close()
	if err := n.cmd.Wait(); err != nil {
		n.t.Errorf("node: %v", err)
	}
}

func (n *node) restart(ctx context.Context) error {
	kept, err := n.step(ctx, do("keep"))
	if err != nil {
		return err
	}
	n.token, _ = kept.Value.(string)
	n.stop()
	return n.start(ctx)
}

func (n *node) step(_ context.Context, s step) (outcome, error) {
	line, err := json.Marshal(map[string]any{"verb": s.verb, "args": s.args})
	if err != nil {
		return outcome{}, err
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		return outcome{}, err
	}
	if !n.out.Scan() {
		return outcome{}, fmt.Errorf("node ended: %w", n.out.Err())
	}
	return decode(n.out.Bytes())
}

// testLog takes what a process says beside its answers.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}
