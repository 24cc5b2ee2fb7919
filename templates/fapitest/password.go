package fapitest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// PwnedPassword is a password of known leaks. It is refused with form_password_pwned where the environment has
// user_settings.password_settings.disable_hibp false, and at sign-in where enforce_hibp_on_sign_in is true beside that.
const PwnedPassword = "password"

// passwordSettings is where the environment says what a password has to be like.
func passwordSettings(name string) []string {
	return []string{"user_settings", "password_settings", name}
}

// checkPassword holds a new password against the instance's settings.
func (c *call) checkPassword(param string) *apiError {
	password := c.raw(param)
	least, most := c.number(minPassword, passwordSettings("min_length")...), c.number(maxPassword, passwordSettings("max_length")...)
	switch {
	case password == "":
		return missing(param)
	case len([]rune(password)) < least:
		return failParam("form_password_length_too_short", param, fmt.Sprintf("Passwords must be %d characters or more.", least))
	case most > 0 && len([]rune(password)) > most, len(password) > maxPassword:
		return failParam("form_password_length_too_long", param, "Passwords must be shorter.")
	}
	for _, want := range []struct {
		setting, code, what string
		has                 func(rune) bool
	}{
		{"require_lowercase", "form_password_no_lowercase", "lowercase letter", unicode.IsLower},
		{"require_uppercase", "form_password_no_uppercase", "uppercase letter", unicode.IsUpper},
		{"require_numbers", "form_password_no_number", "number", unicode.IsDigit},
		{"require_special_char", "form_password_no_special_char", "special character", func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }},
	} {
		if c.setting(false, passwordSettings(want.setting)...) && !strings.ContainsFunc(password, want.has) {
			return failParam(want.code, param, "Passwords must contain at least one "+want.what+".")
		}
	}
	if c.pwned(password) {
		return failParam("form_password_pwned", param, "Password has been found in an online data breach. For account safety, please use a different password.")
	}
	return nil
}

func (s *Server) pwned(password string) bool {
	return password == PwnedPassword && !s.setting(true, passwordSettings("disable_hibp")...)
}

var (
	plainUsername = regexp.MustCompile(`^[\pL\pN_-]+$`)
	wideUsername  = regexp.MustCompile("^[\\pL\\pN_.!#$%&'*+/=?^`{|}~-]+$") // with allow_extended_special_characters
	numeric       = regexp.MustCompile(`^[0-9]+$`)
)

// checkUsername holds a username against the instance's settings.
func (c *call) checkUsername(name string) *apiError {
	at := func(setting string) []string { return []string{"user_settings", "username_settings", setting} }
	least, most := c.number(4, at("min_length")...), c.number(64, at("max_length")...)
	form := plainUsername
	if c.setting(false, at("allow_extended_special_characters")...) {
		form = wideUsername
	}
	switch length := len([]rune(name)); {
	case length < least || length > most:
		return failParam("form_username_invalid_length", "username", fmt.Sprintf("Username must be between %d and %d characters long.", least, most))
	case !form.MatchString(name):
		return failParam("form_username_invalid_character", "username", "Username has a character that is not allowed.")
	case numeric.MatchString(name) && !c.setting(false, at("allow_numeric_usernames")...):
		return failParam("form_username_needs_non_number_char", "username", "Username must contain one character that is not a number.")
	}
	return nil
}

// Attempts that fail are counted, as far as the environment wants that: who fails too often is locked out for a while.

func lockoutSettings(name string) []string {
	return []string{"user_settings", "attack_protection", "user_lockout", name}
}

// attemptsLeft is how often a user may still fail.
func (s *Server) attemptsLeft(u *user) int {
	return max(0, s.number(100, lockoutSettings("max_attempts")...)-u.failures)
}

// lockedFor is for how many seconds a user is locked out: 0 is not at all, -1 for good.
func (s *Server) lockedFor(u *user) int64 {
	switch {
	case !u.locked:
		return 0
	case u.lockedUntil == 0:
		return -1
	}
	return max(0, (u.lockedUntil-s.millis()+999)/1000)
}

// counted notes a wrong password or code, and gives the lockout in its place when it was one too many.
func (c *call) counted(u *user, err *apiError) *apiError {
	if err == nil || u == nil || !slices.Contains([]string{"form_code_incorrect", "form_password_incorrect"}, err.code) {
		return err
	}
	if !c.setting(false, lockoutSettings("enabled")...) {
		return err
	}
	if u.failures++; c.attemptsLeft(u) == 0 {
		u.locked, u.failures = true, 0
		u.lockedUntil = c.millis() + int64(c.number(60, lockoutSettings("duration_in_minutes")...))*60_000
	}
	if locked := c.mayEnter(u); locked != nil {
		return locked
	}
	return err
}

// mayEnter refuses a user who is gone, banned or locked out.
func (s *Server) mayEnter(u *user) *apiError {
	switch seconds := s.lockedFor(u); {
	case !slices.Contains(s.state.users, u):
		return fail("sign_in_identification_or_user_deleted", "The account of this sign-in has been deleted.")
	case u.banned:
		return fail("user_banned", "Your account has been banned.")
	case seconds < 0:
		return fail("user_locked", "Your account is locked.")
	case seconds > 0:
		return fail("user_locked", "Your account is locked.").with("lockout_expires_in_seconds", seconds)
	}
	return nil
}
