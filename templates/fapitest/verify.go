package fapitest

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238 wants it
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

func sortBy[T any](list []T, key func(T) string) {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

const (
	minPassword = 8 // as the environment has it, unless the test changes that
	maxPassword = 72
	maxAttempts = 10 // of one code; how many the real API allows is not public
	codeLife    = int64(10 * time.Minute / time.Millisecond)
	attemptLife = int64(24 * time.Hour / time.Millisecond)
)

// attempt checks a code. good is whether it is the right one.
func (c *call) attempt(v *verification, good bool, wrong *apiError) *apiError {
	switch {
	case v == nil:
		return fail("verification_missing", "Prepare the verification first.")
	case v.status == "verified" || v.status == "transferable":
		return fail("verification_already_verified", "This verification has already been verified.")
	case v.status == "failed":
		return fail("verification_failed", "Too many failed attempts. You have to try again with the same or another method.")
	case v.expires != 0 && v.expires <= c.millis():
		v.status = "expired"
		c.changed = true
		return fail("verification_expired", "This verification has expired. You must create a new one.")
	}
	v.attempts++
	c.changed = true
	if !good {
		if v.attempts >= maxAttempts {
			v.status = "failed"
		}
		return wrong
	}
	v.status = "verified"
	return nil
}

// attemptCode is attempt with the code of the request.
func (c *call) attemptCode(v *verification) *apiError {
	if c.arg("code") == "" {
		return missing("code")
	}
	return c.attempt(v, c.arg("code") == TestCode, failParam("form_code_incorrect", "code", "Incorrect code"))
}

func validEmail(value string) bool {
	a, err := mail.ParseAddress(value)
	return err == nil && a.Address == value && strings.Contains(value, "@")
}

var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// checkIdentifier refuses a malformed email address or phone number, and one that somebody has.
func (c *call) checkIdentifier(param, value string, but *user) *apiError {
	switch {
	case value == "":
		return missing(param)
	case param == "email_address" && !validEmail(value), param == "phone_number" && !phoneForm.MatchString(value):
		return failParam("form_param_format_invalid", param, param+" is invalid.")
	case param == "username":
		if err := c.checkUsername(value); err != nil {
			return err
		}
	}
	return c.checkTaken(param, value, but)
}

// checkTaken refuses an identifier that somebody else has.
func (c *call) checkTaken(param, value string, but *user) *apiError {
	if owner, _, _ := c.state.userByIdentifier(value); owner != nil && owner != but {
		return failParam("form_identifier_exists", param, "That "+strings.ReplaceAll(param, "_", " ")+" is taken. Please try another.")
	}
	return nil
}

// totpCode is the code of an authenticator app at a time (RFC 6238: HMAC-SHA-1, six digits, 30 seconds).
func totpCode(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return ""
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, uint64(at.Unix()/30))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}

func validTOTPSecret(secret string) bool { return totpCode(secret, time.Unix(0, 0)) != "" }

// goodTOTP accepts TestCode, and the codes of now and of the steps beside it.
func (s *Server) goodTOTP(secret, code string) bool {
	if code == TestCode {
		return true
	}
	for _, step := range []time.Duration{-30, 0, 30} {
		if want := totpCode(secret, s.now().Add(step*time.Second)); want != "" && want == code {
			return true
		}
	}
	return false
}

// useBackupCode takes a backup code away, if the user has it.
func (u *user) useBackupCode(code string) bool {
	i := slices.Index(u.backup, code)
	if i < 0 {
		return false
	}
	u.backup = slices.Delete(u.backup, i, i+1)
	return true
}

// wantsFresh refuses an operation that needs a factor verified in the last ten minutes, where the instance wants that.
func (c *call) wantsFresh() *apiError {
	if !c.reverifies() || c.now().Sub(c.session.first) < 10*time.Minute {
		return nil
	}
	return fail("session_reverification_required", "You need to provide additional verification to perform this operation.").
		with("clerk_error", object{"type": "forbidden", "reason": "reverification-error", "metadata": object{"reverification": object{"level": "first_factor", "afterMinutes": 10}}})
}
