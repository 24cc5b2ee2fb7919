package fapi

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestTimestampDecoding(t *testing.T) {
	tests := map[string]Timestamp{
		`1767225600000`: 1767225600000, `1.7672256e12`: 1767225600000, `"1767225600000"`: 1767225600000, `"1.7672256e12"`: 1767225600000,
		`-1`: -1, `0`: 0, `1.9`: 1, `null`: 0, `""`: 0, `"soon"`: 0, `true`: 0, `{}`: 0, `[1]`: 0, `1e300`: 0, `"NaN"`: 0, `"-Inf"`: 0,
		`99999999999999999999`: 0, `9223372036854775807`: math.MaxInt64,
	}
	for raw, want := range tests {
		t.Run(raw, func(t *testing.T) {
			got := Timestamp(5)
			v := struct {
				At   *Timestamp `json:"at"`
				Then string     `json:"then"`
			}{At: &got}
			if err := json.Unmarshal([]byte(`{"at":`+raw+`,"then":"x"}`), &v); err != nil || v.Then != "x" {
				t.Fatalf("got %+v, %v", v, err)
			}
			if Value(v.At) != want {
				t.Errorf("got %d, want %d", Value(v.At), want)
			}
		})
	}
}

func TestTimestampTime(t *testing.T) {
	moment := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // date -u -d @1767225600
	if got := Timestamp(1767225600000).Time(); !got.Equal(moment) || got.Location() != time.UTC {
		t.Errorf("got %s", got)
	}
	if !Timestamp(0).Time().IsZero() || TimestampOf(time.Time{}) != 0 {
		t.Error("0 and the zero time are not the same")
	}
	if got := TimestampOf(moment.Add(1500 * time.Microsecond)); got != 1767225600001 {
		t.Errorf("got %d", got)
	}
	if out, err := json.Marshal(Timestamp(1767225600000)); err != nil || string(out) != "1767225600000" {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestTextValueTakesEither(t *testing.T) {
	if textValue("a") != "a" || textValue(Ptr("b")) != "b" || textValue[*string](nil) != "" {
		t.Errorf("%q %q %q", textValue("a"), textValue(Ptr("b")), textValue[*string](nil))
	}
}

func TestPtrValueJSON(t *testing.T) {
	if *Ptr("x") != "x" || Value(Ptr(5)) != 5 || Value[string](nil) != "" {
		t.Error("Ptr and Value do not undo each other")
	}
	if got := string(JSON(map[string]any{"a": "<"})); got != `{"a":"<"}` {
		t.Errorf("got %s", got)
	}
	if JSON(math.NaN()) != nil || JSON(func() {}) != nil || string(JSON(nil)) != "null" {
		t.Error("what cannot be written is not nil")
	}
}
