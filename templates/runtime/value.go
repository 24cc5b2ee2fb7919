package fapi

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Ptr returns a pointer to a copy of v, for the optional fields of params.
func Ptr[T any](v T) *T { return &v }

// Value returns what p points to, or the zero value when p is nil.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// textValue reads a field that is optional in some descriptions and always there in others.
func textValue[T string | *string](v T) string {
	if p, ok := any(v).(*string); ok {
		return Value(p)
	}
	return any(v).(string)
}

// JSON returns v as JSON, for fields that take any object. Where v cannot be written as JSON (a channel, a cycle, NaN) it
// returns nil, which is not sent; whoever needs to know why calls json.Marshal instead.
func JSON(v any) json.RawMessage {
	raw, err := marshal(v)
	if err != nil {
		return nil
	}
	return raw
}

// Timestamp is a moment in milliseconds since 1970 UTC. Zero means that there is none.
type Timestamp int64

// TimestampOf returns t as a Timestamp, cut to milliseconds; the zero time is 0.
func TimestampOf(t time.Time) Timestamp {
	if t.IsZero() {
		return 0
	}
	return Timestamp(t.UnixMilli())
}

// Time returns the moment in UTC, or the zero time for 0.
func (t Timestamp) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// UnmarshalJSON takes integers, other numbers such as 1.7672256e12, and either as a string. Anything else is 0, never an
// error: one odd date must not cost the rest of the answer.
func (t *Timestamp) UnmarshalJSON(b []byte) error {
	*t = 0
	text := string(bytes.Trim(bytes.TrimSpace(b), `"`))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		*t = Timestamp(n)
	} else if f, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(f) < math.MaxInt64 {
		*t = Timestamp(f)
	}
	return nil
}
