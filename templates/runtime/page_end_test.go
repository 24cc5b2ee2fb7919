package fapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// Where a list ends, by what real and odd servers answer: the count of the whole list counts, not the length of one page.
func TestListAllEndsWith(t *testing.T) {
	const asked = 3 // at a time
	numbers := func(from, n int) string {
		list := make([]int, 0, n)
		for i := range n {
			list = append(list, from+i)
		}
		text, _ := json.Marshal(list)
		return string(text)
	}
	counted := func(total, most int) func(offset int) string {
		return func(offset int) string {
			return fmt.Sprintf(`{"data":%s,"total_count":%d}`, numbers(offset, max(min(most, total-offset), 0)), total)
		}
	}
	plain := func(total int) func(offset int) string {
		return func(offset int) string {
			return fmt.Sprintf(`{"data":%s}`, numbers(offset, max(min(asked, total-offset), 0)))
		}
	}
	tests := map[string]struct {
		answer          func(offset int) string
		offset          int
		elements, pages int
	}{
		"the count after a full page":         {counted(6, asked), 0, 6, 2},
		"the count after a short page":        {counted(7, asked), 0, 7, 3},
		"the count, the server caps the page": {counted(5, 2), 0, 5, 3},
		"the count, from an offset on":        {counted(7, asked), 4, 3, 1},
		"an empty page before the count": {func(offset int) string {
			return fmt.Sprintf(`{"data":%s,"total_count":9}`, numbers(offset, max(min(3, 4-offset), 0)))
		}, 0, 4, 3},
		"a count of null counts for nothing": {func(offset int) string {
			return fmt.Sprintf(`{"data":%s,"total_count":null}`, numbers(offset, max(min(3, 4-offset), 0)))
		}, 0, 4, 2},
		"a short page without a count":  {plain(5), 0, 5, 2},
		"an empty page without a count": {plain(6), 0, 6, 3},
		"the last page, which a server repeats": {func(offset int) string {
			return fmt.Sprintf(`{"data":%s,"total_count":99}`, numbers(min(offset, 3), 3))
		}, 0, 6, 3},
		"the first page, by a server without offset": {func(int) string { return `{"data":[0,1,2]}` }, 0, 3, 2},
		"two pages in turn":                          {func(offset int) string { return fmt.Sprintf(`{"data":%s}`, numbers(offset%6, 3)) }, 0, 6, 3},
		"a bare array":                               {func(int) string { return `[0,1,2]` }, 0, 3, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			pages, limit, from := 0, int64(asked), int64(tt.offset)
			var got []int
			for element, err := range listAll(&limit, &from, func(_, offset *int64) (*Page[int], error) {
				if pages++; pages > 20 {
					t.Fatal("no end")
				}
				page := new(Page[int])
				return page, json.Unmarshal([]byte(tt.answer(int(*offset))), page)
			}) {
				check(t, err)
				got = append(got, element)
			}
			var want []int
			for i := range tt.elements {
				want = append(want, tt.offset+i)
			}
			if !slices.Equal(got, want) || pages != tt.pages {
				t.Errorf("got %v in %d pages, want %v in %d", got, pages, want, tt.pages)
			}
		})
	}
}
