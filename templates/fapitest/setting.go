package fapitest

import "slices"

// What the environment says holds: these read it. Tests change it by WithEnvironment, in the types that Go has for JSON or
// in plain ones.

// at is what stands at a path, nil for nothing.
func (s *Server) at(path ...string) any {
	var v any = s.state.environment
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// setting reads a switch of the environment; instead is what holds when it is not there.
func (s *Server) setting(instead bool, path ...string) bool {
	if set, ok := s.at(path...).(bool); ok {
		return set
	}
	return instead
}

// number reads a count.
func (s *Server) number(instead int, path ...string) int {
	switch n := s.at(path...).(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return instead
}

// listed tells whether a list has a value. A list that is not there has all.
func (s *Server) listed(value string, path ...string) bool {
	switch list := s.at(path...).(type) {
	case []any:
		return slices.Contains(list, any(value))
	case []string:
		return slices.Contains(list, value)
	}
	return true
}

// attributeIs reads a switch of an attribute: enabled, required, verify_at_sign_up.
func (s *Server) attributeIs(name, what string) bool {
	return s.setting(false, "user_settings", "attributes", name, what)
}

// single tells whether a client may have one session only.
func (s *Server) single() bool { return s.setting(false, "auth_config", "single_session_mode") }

// reverifies tells whether sensitive changes want a fresh factor.
func (s *Server) reverifies() bool { return s.setting(false, "auth_config", "reverification") }
