package conformance

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"github.com/fapigen/fapigen/out/fapitest"
)

// args are the arguments of a step, by their names on the wire.
type args map[string]any

// step is one thing that an application has its client do, or that happens to the server meanwhile.
type step struct {
	verb   string
	args   args
	reason string // why clerk-js fails in it; "" is that it does not
}

// do is a step; what follows the verb are names and values.
func do(verb string, pairs ...any) step {
	s := step{verb: verb, args: args{}}
	for i := 0; i < len(pairs); i += 2 {
		s.args[pairs[i].(string)] = pairs[i+1]
	}
	return s
}

// fails says with which status, code and parameter the server refuses the step.
func (s step) fails(reason string) step {
	s.reason = reason
	return s
}

// outcome is what came of a step, and what the client knows after it.
type outcome struct {
	Value any            `json:"value,omitempty"`
	Error string         `json:"error,omitempty"`
	State map[string]any `json:"state,omitempty"`
}

// witness is a client that takes steps.
type witness interface {
	step(ctx context.Context, s step) (outcome, error)
	// restart ends the program, and starts it again with what it has kept.
	restart(ctx context.Context) error
}

// flavor is a way to speak the API, with the two clients that speak it so.
type flavor struct {
	name    string
	clerkJS func(context.Context, testing.TB, *fapitest.Server) witness
	sdk     func(context.Context, testing.TB, *fapitest.Server) witness
}

// act is a step as it went: its outcome and the requests that it made.
type act struct {
	step
	outcome
	requests []fapitest.Request
}

// play takes the steps of a scenario with one client, on a server of its own.
func play(ctx context.Context, t testing.TB, s scenario, start func(context.Context, testing.TB, *fapitest.Server) witness) []act {
	t.Helper()
	server := fapitest.NewServer(t, s.options...)
	w := start(ctx, t, server)
	var acts []act
	found := "" // by the last thing that happened
	for _, next := range s.steps {
		before := len(server.Requests())
		var out outcome
		var err error
		happens, outside := happenings[next.verb]
		switch {
		case outside:
			found, err = happens(ctx, server, next.args, acts)
		case next.verb == "restart":
			err = w.restart(ctx)
		default:
			out, err = w.step(ctx, next.with(found))
		}
		if err != nil {
			t.Fatalf("%s: %v", next.verb, err)
		}
		acts = append(acts, act{next, out, server.Requests()[before:]})
	}
	return acts
}

// lastFound stands in a scenario for what the step before has found. Where it has found nothing, there is no argument.
const lastFound = "(found)"

func (s step) with(found string) step {
	with := step{s.verb, maps.Clone(s.args), s.reason}
	for name, value := range with.args {
		switch {
		case value != lastFound:
		case found == "":
			delete(with.args, name)
		default:
			with.args[name] = found
		}
	}
	return with
}

// decode reads an outcome, so that those of both clients have the same Go types.
func decode(data []byte) (outcome, error) {
	var out outcome
	err := json.Unmarshal(data, &out)
	return out, err
}
