package fapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"testing"
)

func TestPageTakesPagesAndArrays(t *testing.T) {
	tests := []struct {
		rule, body string
		data       []testUser
		total      int64
		bare       bool
	}{
		{"page", `{"data":[{"id":"a"}],"total_count":7,"x":1}`, []testUser{{ID: "a"}}, 7, false},
		{"array", `[{"id":"a"},{"id":"b"}]`, []testUser{{ID: "a"}, {ID: "b"}}, 2, true},
		{"empty page", `{"data":[],"total_count":0}`, []testUser{}, 0, false},
		{"null data", `{"data":null}`, nil, 0, false},
		{"odd element", `{"data":[5,{"id":"b","age":"x"}],"total_count":2}`, []testUser{{}, {ID: "b"}}, 2, false},
		{"odd count", `{"total_count":"7","data":[{"id":"a"}]}`, []testUser{{ID: "a"}}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			for form, call := range map[string]func(c *core) (*Page[testUser], error){
				`{"response":%s,"client":null}`: func(c *core) (*Page[testUser], error) {
					return callEnvelopedPage[testUser](t.Context(), c, get("/v1/x"), nil)
				},
				`%s`: func(c *core) (*Page[testUser], error) {
					return callBarePage[testUser](t.Context(), c, get("/v1/x"), nil)
				},
			} {
				c, _ := testServer(t, testReply(200, fmt.Sprintf(form, tt.body)))
				got, err := call(c)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got.Data, tt.data) || got.TotalCount != tt.total || got.IsBare() != tt.bare {
					t.Errorf("got %+v", got)
				}
				if out, err := json.Marshal(got); err != nil || string(out) != tt.body || string(got.Raw()) != tt.body {
					t.Errorf("came back as %s, %v", out, err)
				}
			}
		})
	}
	t.Run("members that the operation declares beside the data are no mismatch", func(t *testing.T) {
		var told []string
		c, _ := testServer(t, testReply(200, `{"response":{"data":[{"id":"a","first_name":null,"age":1,"created_at":1,"x":1}],"total_count":1,"x":1,"y":1}}`),
			WithOnMismatch(func(m Mismatch) { told = append(told, m.Pointer) }))
		_, err := callEnvelopedPage[testUser](t.Context(), c, get("/v1/x").beside("x"), nil)
		if want := []string{"/response/data/0/x", "/response/y"}; err != nil || !slices.Equal(told, want) {
			t.Errorf("told %q, want %q; %v", told, want, err)
		}
	})
	t.Run("neither is an error", func(t *testing.T) {
		c, _ := testServer(t, testReply(200, `{"response":"x"}`))
		_, err := callEnvelopedPage[testUser](t.Context(), c, get("/v1/x"), nil)
		if decode := (*DecodeError)(nil); !errors.As(err, &decode) || decode.Path != "$.response" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("null is an error", func(t *testing.T) {
		c, _ := testServer(t, testReply(200, `{"response":null}`))
		if got, err := callEnvelopedPage[testUser](t.Context(), c, get("/v1/x"), nil); got != nil || !errors.Is(err, ErrNoValue) {
			t.Errorf("got %v, %v, want ErrNoValue", got, err)
		}
	})
	t.Run("one made by hand is written as a page", func(t *testing.T) {
		out, err := json.Marshal(Page[int]{Data: []int{1}, TotalCount: 9})
		if err != nil || string(out) != `{"data":[1],"total_count":9}` {
			t.Errorf("got %s, %v", out, err)
		}
	})
}

// testPages lists size elements from a server that holds total, as generated ListAll methods do.
func testPages(total int, limit, offset *int64, fetched *[]string) iter.Seq2[int64, error] {
	return listAll(limit, offset, func(limit, offset *int64) (*Page[int64], error) {
		*fetched = append(*fetched, fmt.Sprintf("%d+%d", *offset, *limit))
		page := &Page[int64]{TotalCount: int64(total)}
		for i := *offset; i < min(*offset+*limit, int64(total)); i++ {
			page.Data = append(page.Data, i)
		}
		return page, nil
	})
}

func TestListAll(t *testing.T) {
	tests := []struct {
		rule          string
		total         int
		limit, offset *int64
		want          []string
		elements      int
	}{
		{"a hundred at a time", 250, nil, nil, []string{"0+100", "100+100", "200+100"}, 250},
		{"the caller's limit and offset", 7, Ptr(int64(2)), Ptr(int64(2)), []string{"2+2", "4+2", "6+2"}, 5},
		{"a full last page needs one more", 4, Ptr(int64(2)), nil, []string{"0+2", "2+2", "4+2"}, 4},
		{"nothing", 0, nil, nil, []string{"0+100"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			var fetched []string
			all := testPages(tt.total, tt.limit, tt.offset, &fetched)
			if len(fetched) != 0 {
				t.Error("fetched before the range")
			}
			for round := range 2 { // each range begins anew
				fetched = nil
				next := Value(tt.offset)
				for element, err := range all {
					if err != nil || element != next {
						t.Fatalf("got %d, %v, want %d", element, err, next)
					}
					next++
				}
				if !slices.Equal(fetched, tt.want) || next-Value(tt.offset) != int64(tt.elements) {
					t.Errorf("round %d: fetched %q, %d elements", round, fetched, next-Value(tt.offset))
				}
			}
		})
	}
}

func TestListAllEnds(t *testing.T) {
	t.Run("a break ends it", func(t *testing.T) {
		var fetched []string
		for element := range testPages(1000, nil, nil, &fetched) {
			if element == 150 {
				break
			}
		}
		if len(fetched) != 2 {
			t.Errorf("fetched %q", fetched)
		}
	})
	t.Run("an error is yielded once", func(t *testing.T) {
		boom, yields := errors.New("boom"), 0
		for element, err := range listAll(nil, nil, func(_, _ *int64) (*Page[int], error) { return nil, boom }) {
			if yields++; element != 0 || err != boom {
				t.Errorf("got %d, %v", element, err)
			}
		}
		if yields != 1 {
			t.Errorf("%d yields", yields)
		}
	})
	t.Run("no page ends it", func(t *testing.T) {
		for range listAll(nil, nil, func(_, _ *int64) (*Page[int], error) { return nil, nil }) {
			t.Error("yielded something")
		}
	})
}

// ListAll asks for a page, since without `paginated=true` some lists are bare arrays (clerk-js: Organization.ts), and takes
// a bare array for the whole list.
func TestListAllOverTheWire(t *testing.T) {
	type params struct {
		Limit  *int64 `query:"limit"`
		Offset *int64 `query:"offset"`
	}
	c, seen := testServer(t, testReply(http.StatusOK, `{"response":[{"id":"a"},{"id":"b"}]}`))
	p, opts := params{Limit: Ptr(int64(2))}, make([]RequestOption, 0, 8)
	all := listAll(p.Limit, p.Offset, func(limit, offset *int64) (*Page[testUser], error) {
		p.Limit, p.Offset = limit, offset
		return callEnvelopedPage[testUser](t.Context(), c, get("/v1/x").query(p), paginated(opts))
	})
	var ids string
	for user, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		ids += user.ID
	}
	if ids != "ab" || len(*seen) != 1 || (*seen)[0].Query.Get("paginated") != "true" || (*seen)[0].Query.Get("limit") != "2" || (*seen)[0].Query.Get("offset") != "0" {
		t.Errorf("got %q, %+v", ids, *seen)
	}
	if len(opts[:cap(opts)]) > 0 && opts[:1][0] != nil {
		t.Error("paginated wrote into the caller's options")
	}
}

func TestUnion(t *testing.T) {
	const raw = `{"object":"a","n":1}`
	type testUnion struct{ Union }
	type testHolder struct {
		A testUnion `json:"a"`
		B testUnion `json:"b"`
	}
	var h testHolder
	if err := json.Unmarshal([]byte(`{"a":`+raw+`}`), &h); err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(h); err != nil || string(out) != `{"a":`+raw+`,"b":null}` || string(h.A.Raw()) != raw || h.B.Raw() != nil {
		t.Errorf("got %s, %v", out, err)
	}
	var v struct {
		Object string `json:"object"`
		N      string `json:"n"`
	}
	if err := h.A.Decode(&v); err != nil || v.Object != "a" || v.N != "" {
		t.Errorf("got %+v, %v", v, err)
	}
	var list []string
	if decode := (*DecodeError)(nil); !errors.As(h.A.Decode(&list), &decode) || decode.Error() != "response at $: not the JSON value that was expected" {
		t.Errorf("got %v", decode)
	}
	if err := h.B.Decode(&list); err != nil || list != nil {
		t.Errorf("got %v, %v", list, err)
	}
	if err := h.A.Decode(nil); err == nil {
		t.Error("decoding into nil is no error")
	}
}
