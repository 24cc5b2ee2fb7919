package fapi

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRecordOfTheLastVersionIsNotLost(t *testing.T) {
	if !hasFileLock {
		t.Skip("no file lock that the kernel frees on this platform")
	}
	for _, version := range []uint64{math.MaxUint64, math.MaxUint64 - 1, math.MaxInt64} {
		store, err := NewFileStore(filepath.Join(t.TempDir(), "store"))
		check(t, err)
		_, err = store.Save(t.Context(), testKey, Record{Token: "t1"}, 0)
		check(t, err)
		names, err := filepath.Glob(filepath.Join(store.dir, "*.json"))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		data, err := os.ReadFile(names[0])
		check(t, err)
		text := strings.Replace(string(data), `"version":1,`, fmt.Sprintf(`"version":%d,`, version), 1)
		check(t, os.WriteFile(names[0], []byte(text), 0o600))

		r, err := store.Load(t.Context(), testKey)
		if err != nil || r.Version != version {
			t.Fatalf("%d: %v, %v", version, r, err)
		}
		r.Token = "t2"
		next, err := store.Save(t.Context(), testKey, r, version)
		if err != nil || next == 0 || next == version {
			t.Errorf("%d: saved as %d, %v", version, next, err)
		}
		if r, err = store.Load(t.Context(), testKey); err != nil || r.Token != "t2" || r.Version != next {
			t.Errorf("%d: %v, %v", version, r, err)
		}
		if again, err := store.Save(t.Context(), testKey, r, next); err != nil || again != next+1 {
			t.Errorf("%d: after %d comes %d, %v", version, next, again, err)
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
		store.other(t, c, func(r *Record) {
			r.Token, r.Client, r.Environment = stored, []byte(signedInClient(1)), []byte(fakeEnvironment)
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
	store, err := NewFileStore(filepath.Join(t.TempDir(), "store"))
	check(t, err)
	_, err = store.Save(t.Context(), testKey, Record{Token: "t1"}, 0)
	check(t, err)
	names, _ := filepath.Glob(filepath.Join(store.dir, "*.json"))
	check(t, os.Chown(names[0], 12345, -1))
	if _, err := store.Load(t.Context(), testKey); err == nil || !strings.HasSuffix(err.Error(), "owner is user 12345, not 0") || errors.Is(err, ErrCorruptRecord) {
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

// A record that can be read is written back as it was, with every field; anything else is an error and no panic.
func FuzzRecord(f *testing.F) {
	whole, err := storedRecord{Record: Record{Version: 3, Token: "t", Client: []byte(signedInClient(1)), Environment: []byte(fakeEnvironment),
		SignOuts: []string{"sess_2"}}}.encode(testKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, seed := range []string{
		"", "{}", "null", `{"format":"fapi.record.1","key":"` + testKey + `","version":1}`, `{"format":"fapi.record.9"}`,
		`{"format":"fapi.record.1","key":"` + testKey + `","version":18446744073709551615,"deleted":true}`,
		`{"format":"fapi.record.1","key":"` + testKey + `","version":1,"date":"2026-01-02T03:04:05Z","client":null,"sign_outs":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stored, err := decodeRecord(data, testKey)
		if err != nil {
			return
		}
		text, err := stored.encode(testKey)
		if err != nil {
			t.Fatalf("%q is read but cannot be written: %v", data, err)
		}
		again, err := decodeRecord(text, testKey)
		if err != nil || !again.Date.Equal(stored.Date) {
			t.Fatalf("%q comes back as %q: %v", data, text, err)
		}
		again.Date = stored.Date
		if !reflect.DeepEqual(again, stored) {
			t.Errorf("%q comes back as %q", data, text)
		}
		if _, err := stored.save(stored.Record, stored.current()); err == nil && stored.next() == 0 {
			t.Errorf("%q: no version after it", data)
		}
	})
}
