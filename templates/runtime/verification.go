package fapi

// Err returns Error as an error, nil where there is none: it works with errors.As, HasCode and UserMessage. A failed attempt
// to verify does not fail the request: the call returns the verification in its result.
func (v *Verification) Err() error {
	if v == nil || v.Error == nil {
		return nil
	}
	return v.Error
}
