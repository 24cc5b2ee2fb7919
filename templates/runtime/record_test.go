package fapi

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// testRecord has what a careless encoder would change.
func testRecord() record {
	return record{
		token:       testSecret + ".<&>\u2028\x00é",
		client:      json.RawMessage("{ \"id\" :\t\"c\",\n\"unknown\": {\"a\":[ ]}, \"id\":2, \"big\":12345678901234567890.10, \"e\":1E+400, \"u\":\"\\u00e9é\\/<&>\u2028😀\" }"),
		environment: json.RawMessage(`{"auth_config":  {}}`),
		signOuts:    []string{"sess_1", "sess_2"},
		date:        time.Date(2026, 5, 12, 10, 30, 0, 0, time.UTC),
		extra:       map[string]json.RawMessage{"later": json.RawMessage(`{"a" : 1}`), "x\"y": json.RawMessage("null")},
	}
}

func TestRecordComesBackAsItWas(t *testing.T) {
	for name, r := range map[string]record{
		"whole":       testRecord(),
		"empty":       {},
		"null client": {client: json.RawMessage("null")},
		"other time":  {date: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)},
		"not UTF-8":   {client: json.RawMessage("{\"\xff\xc3\":\"\xed\xa0\x80\"}")},
	} {
		data, err := r.encode()
		check(t, err)
		got, err := decodeRecord(data)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %s\ngot  %+v, %v\nwant %+v", name, data, got, err, r)
		}
	}
}

func TestRecordIsReadable(t *testing.T) {
	data, err := record{token: "t1", client: json.RawMessage(` {"id":"c"} `), signOuts: []string{"sess_1"}}.encode()
	if want := `{"format":"fapi.record.2","token":"t1","sign_outs":["sess_1"],"client":{"id":"c"}}` + "\n"; err != nil || string(data) != want {
		t.Errorf("got  %s%v\nwant %s", data, err, want)
	}
}

func TestRecordThatCannotComeBackIsRefused(t *testing.T) {
	for name, r := range map[string]record{
		"token":       {token: testSecret + "\xff"},
		"session":     {signOuts: []string{testSecret + "\xff"}},
		"cut client":  {client: json.RawMessage(`{"` + testSecret)},
		"two values":  {client: json.RawMessage(`{},"token":"x"`)},
		"blank":       {client: json.RawMessage(" ")},
		"environment": {environment: json.RawMessage(`{}}`)},
		"year 10000":  {date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if data, err := r.encode(); err == nil || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

func TestRecordIsNotReadFrom(t *testing.T) {
	whole, err := testRecord().encode()
	check(t, err)
	good := string(whole)
	for name, text := range map[string]string{
		"nothing": "", "noise": testSecret, "zeros": strings.Repeat("\x00", 9), "foreign JSON": `{"a":1}`, "a list": "[]", "null": "null",
		"two records": good + good, "another format": strings.Replace(good, recordFormat, "other.1", 1),
		"a token of another kind": `{"format":"fapi.record.2","token":1}`, "a wrong date": `{"format":"fapi.record.2","date":"x"}`,
	} {
		if _, err := decodeRecord([]byte(text)); !errors.Is(err, ErrCorruptRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range len(good) - 1 { // the longest lacks the last "}\n"
		if _, err := decodeRecord([]byte(good[:i])); !errors.Is(err, ErrCorruptRecord) {
			t.Errorf("%q: %v", good[:i], err)
		}
	}
	later := strings.Replace(good, recordFormat, "fapi.record.3", 1)
	if _, err := decodeRecord([]byte(later)); err == nil || errors.Is(err, ErrCorruptRecord) || !strings.Contains(err.Error(), "another format") {
		t.Errorf("a later format: %v", err)
	}
}

// A record of another version of the package fails the client, which leaves it alone; one that is spoilt is copied, told once,
// and replaced.
func TestClientWithARecordThatCannotBeRead(t *testing.T) {
	t.Run("later format", func(t *testing.T) {
		f, store := newFakeFAPI(), NewMemoryStore()
		c := f.clerk(t, WithStore(store))
		const later = `{"format":"fapi.record.9"}`
		testSwap(t, store, c.records.key, later, 0)
		if err := c.Load(t.Context()); !errors.Is(err, ErrLoad) {
			t.Errorf("got %v", err)
		}
		if data, _ := testLoad(t, store, c.records.key); data != later {
			t.Errorf("the store has %s", data)
		}
	})
	t.Run("spoilt", func(t *testing.T) {
		f, store := newFakeFAPI(), NewMemoryStore()
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(1)), headers: []string{"Authorization: t1"}})
		c := f.clerk(t, WithStore(store))
		const spoilt = `{"format":"fapi.record.2","token":`
		testSwap(t, store, c.records.key, spoilt, 0)
		if err := c.Load(t.Context()); !errors.Is(err, ErrCorruptRecord) || c.State().Session == nil {
			t.Errorf("got %v, %s", err, describe(c))
		}
		check(t, c.Load(t.Context()))
		if data, _ := testLoad(t, store, c.records.key+"/unreadable"); data != spoilt {
			t.Errorf("the copy is %s", data)
		}
		again := f.clerk(t, WithStore(store))
		check(t, again.Load(t.Context()))
		if again.credential() != "t1" {
			t.Errorf("%s", describe(again))
		}
	})
	t.Run("members of a newer version stay", func(t *testing.T) {
		f, store := newFakeFAPI(), NewMemoryStore()
		c := f.clerk(t, WithStore(store))
		testSwap(t, store, c.records.key, `{"format":"fapi.record.2","token":"t1","later":{"a":[1]}}`, 0)
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(1)), headers: []string{"Authorization: t2"}})
		check(t, c.Load(t.Context()))
		if data, _ := testLoad(t, store, c.records.key); !strings.Contains(data, `"later":{"a":[1]}`) || !strings.Contains(data, `"t2"`) {
			t.Errorf("the store has %s", data)
		}
	})
}

// Whatever a store gives back as a version, the client does not take it for a saved record.
func TestStoreThatBreaksItsRules(t *testing.T) {
	for _, version := range []int64{0, -1, maxVersion} {
		f := newFakeFAPI()
		c := f.clerk(t, WithStore(oddStore{version}))
		if err := c.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "version") {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// oddStore keeps nothing and gives every Swap the same version.
type oddStore struct{ version int64 }

func (s oddStore) Load(context.Context, string) ([]byte, int64, error) { return nil, 0, nil }

func (s oddStore) Swap(context.Context, string, []byte, int64) (int64, bool, error) {
	return s.version, true, nil
}
