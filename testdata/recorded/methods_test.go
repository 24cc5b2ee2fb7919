package recorded

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/fapigen/fapigen/out/fapi"
)

// method is a generated method and the operation that it was seen to call.
type method struct {
	service  []string // the fields that lead to it from an *fapi.API
	name     string
	verb     string
	segments []string // of the path; an argument's is argument
}

const argument = "ARGUMENT"

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header.Clone(), Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(string(body)))}
}

// methods calls every generated method once, to see which operation each is of.
var methods = sync.OnceValue(func() []method {
	var seen *http.Request
	api := fapi.NewAPI("https://clerk.example.com", fapi.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen = r
		return answer(r, http.StatusNoContent, http.Header{}, nil), nil
	})}))
	var list []method
	eachMethod(reflect.ValueOf(api), nil, func(service []string, name string, fn reflect.Value) {
		args := make([]string, fn.Type().NumIn())
		for i := range args {
			args[i] = argument
		}
		if seen = nil; fn.Type().Out(0).Kind() == reflect.Func {
			return // an iterator, which calls another method
		}
		call(fn, args)
		if seen != nil {
			list = append(list, method{service, name, seen.Method, strings.Split(seen.URL.Path, "/")})
		}
	})
	return list
})

// eachMethod visits the methods of all services below an API or a service.
func eachMethod(v reflect.Value, service []string, visit func(service []string, name string, fn reflect.Value)) {
	for f := range v.Elem().Type().Fields() {
		if !f.IsExported() || f.Type.Kind() != reflect.Pointer {
			continue
		}
		path := append(service[:len(service):len(service)], f.Name)
		below := v.Elem().FieldByIndex(f.Index)
		for m := range below.Type().Methods() {
			visit(path, m.Name, below.MethodByName(m.Name))
		}
		eachMethod(below, path, visit)
	}
}

// call calls a method with these path arguments and the zero params.
func call(fn reflect.Value, args []string, opts ...fapi.RequestOption) []reflect.Value {
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < fn.Type().NumIn()-1; i++ {
		p := fn.Type().In(i)
		if p.Kind() == reflect.String {
			in = append(in, reflect.ValueOf(args[0]).Convert(p))
			args = args[1:]
			continue
		}
		in = append(in, reflect.Zero(p))
	}
	for _, opt := range opts {
		in = append(in, reflect.ValueOf(opt))
	}
	return fn.Call(in)
}

// find returns the method for a request, and its path arguments. A path in which more is literal goes before.
func find(verb, path string) (found *method, args []string) {
	segments, most := strings.Split(path, "/"), -1
	for i, m := range methods() {
		if m.verb != verb || len(m.segments) != len(segments) {
			continue
		}
		var these []string
		literal := 0
		for j, s := range m.segments {
			switch s {
			case argument:
				these = append(these, segments[j])
			case segments[j]:
				literal++
			}
		}
		if literal+len(these) == len(segments) && literal > most {
			found, args, most = &methods()[i], these, literal
		}
	}
	return found, args
}

// of is the method of a client.
func (m *method) of(api *fapi.API) reflect.Value {
	v := reflect.ValueOf(api)
	for _, name := range m.service {
		v = v.Elem().FieldByName(name)
	}
	return v.MethodByName(m.name)
}

func (m *method) String() string { return strings.Join(m.service, ".") + "." + m.name }

// Without this the test could lose its subject.
func TestEveryMethodIsFound(t *testing.T) {
	operations, found := map[string]string{}, map[string]bool{}
	for _, m := range methods() {
		operation := m.verb + " " + strings.Join(m.segments, "/")
		if other := operations[operation]; other != "" {
			t.Errorf("%s: both %s and %s", operation, other, m.String())
		}
		operations[operation], found[m.String()] = m.String(), true
	}
	eachMethod(reflect.ValueOf(fapi.NewAPI("https://clerk.example.com")), nil, func(service []string, name string, fn reflect.Value) {
		m := method{service: service, name: name}
		if fn.Type().Out(0).Kind() != reflect.Func && !found[m.String()] {
			t.Errorf("%s: nothing was sent", m.String())
		}
	})
	if len(found) < 200 {
		t.Errorf("only %d methods", len(found))
	}
}
