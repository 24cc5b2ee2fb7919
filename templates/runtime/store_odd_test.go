package fapi

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestDataOfTheLastVersionAreNotLost(t *testing.T) {
	for _, version := range []int64{math.MaxInt64, maxVersion, maxVersion - 1} {
		store := testFileStore(t, t.TempDir())
		testSwap(t, store, testKey, "a", 0)
		data, err := os.ReadFile(testRecordPath(store))
		check(t, err)
		text := strings.Replace(string(data), `"version":1,`, fmt.Sprintf(`"version":%d,`, version), 1)
		check(t, os.WriteFile(testRecordPath(store), []byte(text), 0o600))

		if data, v := testLoad(t, store, testKey); data != "a" || v != version {
			t.Fatalf("%d: %q, %d", version, data, v)
		}
		next := testSwap(t, store, testKey, "b", version)
		if data, v := testLoad(t, store, testKey); data != "b" || v != next || next == version {
			t.Errorf("%d: %q, %d after %d", version, data, v, next)
		}
		if again := testSwap(t, store, testKey, "c", next); again != next+1 {
			t.Errorf("%d: after %d comes %d", version, next, again)
		}
	}
}

func TestStoredTokenThatCannotBeSent(t *testing.T) {
	for stored, want := range map[string]string{
		"token\r\n": "token", " token": "token", "Bearer token": "token", "to\r\nken": "", "to ken": "", "tök": "", "\x00": "",
	} {
		f, store := newFakeFAPI(), &hookedStore{}
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(2)), headers: []string{"Authorization: fresh"}})
		c := f.clerk(t, WithStore(store))
		store.other(t, c, func(r *record) {
			r.token, r.client, r.environment = stored, []byte(signedInClient(1)), []byte(fakeEnvironment)
		})
		if err := c.Load(t.Context()); err != nil || c.State().Session == nil {
			t.Errorf("%q: %v, %s", stored, err, describe(c))
		}
		if got := f.asked("GET /v1/client")[0].Token; got != want {
			t.Errorf("%q: sent %q, want %q", stored, got, want)
		}
	}
}

func TestFileStoreOfAnotherUserIsRefused(t *testing.T) {
	if !hasFileLock {
		t.Skip("no file lock that the kernel frees on this platform")
	}
	dir := t.TempDir()
	if os.Geteuid() != 0 {
		dir = "/" // root's, and not ours
	} else {
		check(t, os.Chmod(dir, 0o700))
		check(t, os.Chown(dir, 12345, -1))
	}
	if _, err := NewFileStore(dir); err == nil || !strings.Contains(err.Error(), "owner is user ") {
		t.Errorf("folder: %v", err)
	}
	if os.Geteuid() != 0 {
		return // only root can give a file away
	}
	store := testFileStore(t, t.TempDir())
	testSwap(t, store, testKey, "a", 0)
	check(t, os.Chown(testRecordPath(store), 12345, -1))
	if _, _, err := store.Load(t.Context(), testKey); err == nil || !strings.HasSuffix(err.Error(), "owner is user 12345, not 0") || errors.Is(err, ErrCorruptRecord) {
		t.Errorf("record: %v", err)
	}
}

// Whatever is taken for a base URL is one that net/http sends to past every proxy, or encrypted; and it is taken again as it
// is.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://clerk.example.com", "http://localhost:3000/__clerk/", "http://[::1]:1", "http://LOCALHOST", "http://x.localhost", "http://127.1",
		"http://[::1%25lo]", "127.0.0.1:4010", "https://u:p@h", "https://h?x", "https://h#", "//h", "/p", "", "http://[::ffff:127.0.0.1]", "http://0x7f.1",
	} {
		f.Add(seed, "example.org")
	}
	f.Fuzz(func(t *testing.T, raw, domain string) {
		base, err := parseBaseURL(raw)
		if err != nil {
			if !errors.Is(err, ErrInvalidHost) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q: %v", raw, err)
			}
		} else {
			u, err := url.Parse(base)
			if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" || strings.HasSuffix(base, "/") {
				t.Fatalf("%q is taken as %q, %v", raw, base, err)
			}
			addr, notAddress := netip.ParseAddr(u.Hostname())
			exempt := u.Hostname() == "localhost" || notAddress == nil && addr.Unmap().IsLoopback() && addr.Zone() == ""
			if u.Scheme != "https" && !exempt {
				t.Errorf("%q is taken as %q", raw, base)
			}
			if again, err := parseBaseURL(base); err != nil || again != base {
				t.Errorf("%q: %q comes back as %q, %v", raw, base, again, err)
			}
		}
		host, err := clerkHost(domain)
		if err == nil && (!isHost(host) || !strings.HasPrefix(host, "clerk.") || host != strings.ToLower(host)) {
			t.Errorf("domain %q gives %q", domain, host)
		}
	})
}

// A record, and a cell, that can be read are written back as they were, with every field; anything else is an error and no panic.
func FuzzRecord(f *testing.F) {
	whole, err := testRecord().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, seed := range []string{
		"", "{}", "null", `{"format":"fapi.record.2"}`, `{"format":"fapi.record.9"}`, `{"format":"fapi.record.2","x":1,"x":2,"token":null}`,
		`{"format":"fapi.record.2","date":"2026-01-02T03:04:05Z","client":null,"sign_outs":[null]}`,
		`{"format":"fapi.store.1","key":"clerk.example.com/","version":1,"length":1}` + "\na",
		`{"format":"fapi.store.1","key":"clerk.example.com/","version":9223372036854775807,"deleted":true,"length":0}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := decodeRecord(data); err == nil {
			text, err := r.encode()
			if err != nil {
				t.Fatalf("%q is read but cannot be written: %v", data, err)
			}
			again, err := decodeRecord(text)
			if err != nil || !again.date.Equal(r.date) {
				t.Fatalf("%q comes back as %q: %v", data, text, err)
			}
			if again.date = r.date; !reflect.DeepEqual(again, r) {
				t.Errorf("%q comes back as %q", data, text)
			}
		}
		if c, err := decodeCell(data, testKey); err == nil {
			text, err := c.encode(testKey)
			again, failed := decodeCell(text, testKey)
			if err != nil || failed != nil || !reflect.DeepEqual(again, c) || c.next() <= 0 {
				t.Errorf("%q comes back as %q, %v, %v", data, text, err, failed)
			}
		}
	})
}
